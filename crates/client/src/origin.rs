//! Web origins, in the form that browsers send. The `--cors-origin` of `increment-server` has the same form.

use std::str::FromStr;

use http::HeaderValue;
use url::Url;

/// An origin as a browser serializes it: scheme and host in lower case, the host in ASCII, and the port unless it is the
/// scheme's default (RFC 6454, section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Why a text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrigin {
    /// The scheme or the host is missing, or a part is malformed.
    #[error(
        "an origin is a scheme, a host and an optional port up to 65535, such as https://example.org:8443"
    )]
    Malformed,
    /// It is a pattern of several origins.
    #[error("an origin has no wildcard; name each origin by itself, such as https://example.org")]
    Wildcard,
    /// It has a part that is not of an origin.
    #[error(
        "an origin has no user, path, query or fragment: nothing after the host and port, such as https://example.org:8443"
    )]
    MoreThanOrigin,
}

impl Origin {
    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().expect("an origin is visible ASCII")
    }

    /// Returns the value of the header `Origin`.
    pub(crate) fn value(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        if text.contains('*') {
            return Err(NotAnOrigin::Wildcard);
        }
        let (_, authority) = text.split_once("://").ok_or(NotAnOrigin::Malformed)?;
        if authority.contains(['/', '\\', '?', '#', '@']) {
            return Err(NotAnOrigin::MoreThanOrigin);
        }
        let is_graphic = |character: char| !character.is_whitespace() && !character.is_control();
        let url =
            Url::parse(text).ok().filter(|_| text.chars().all(is_graphic)).ok_or(NotAnOrigin::Malformed)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(NotAnOrigin::Malformed)?;
        // `Url::origin` supports the schemes of the web only; apps and extensions have others.
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let origin = format!("{}://{host}{port}", url.scheme());
        HeaderValue::try_from(origin).map(Self).map_err(|_| NotAnOrigin::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_serialized_as_by_a_browser() {
        for (text, expected) in [
            ("https://example.org", "https://example.org"),
            ("https://Example.org:443", "https://example.org"),
            ("HTTP://EXAMPLE.ORG:80", "http://example.org"),
        ] {
            let origin = text.parse::<Origin>().unwrap();
            assert_eq!(origin.value(), expected, "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_origins_are_rejected() {
        for (text, expected) in [
            ("*", NotAnOrigin::Wildcard),
            ("https://*.example.org", NotAnOrigin::Wildcard),
            ("https://user@example.org", NotAnOrigin::MoreThanOrigin),
            ("https://user:word@example.org", NotAnOrigin::MoreThanOrigin),
            ("https://example.org/", NotAnOrigin::MoreThanOrigin),
            ("https://example.org?", NotAnOrigin::MoreThanOrigin),
            ("https://example.org#top", NotAnOrigin::MoreThanOrigin),
            ("https://example.org:65536", NotAnOrigin::Malformed),
            ("https://example.org:port", NotAnOrigin::Malformed),
            ("https://", NotAnOrigin::Malformed),
            ("https://exa mple.org", NotAnOrigin::Malformed),
            (" https://example.org", NotAnOrigin::Malformed),
            ("example.org", NotAnOrigin::Malformed),
            ("null", NotAnOrigin::Malformed),
            ("", NotAnOrigin::Malformed),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(expected), "{text:?}");
        }
    }
}
