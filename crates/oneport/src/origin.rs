//! Origins of pages, as browsers serialize them.

use std::str::FromStr;

use http::HeaderValue;
use url::Url;

/// An origin in the form that browsers send (RFC 6454, section 6.2): scheme and host in lower case, the host in ASCII, and the
/// port where it is not the scheme's default. Parsed from text, for [`Builder::cors_origins`](crate::Builder::cors_origins).
///
/// ```
/// let origin: oneport::Origin = "https://example.org:8443".parse()?;
/// assert!("https://example.org/page".parse::<oneport::Origin>().is_err());
/// # Ok::<(), oneport::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// Why a text is not an [`Origin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOrigin {
    /// It has no scheme or no host, or something is malformed.
    #[error(
        "an origin is a scheme, a host and an optional port up to 65535, such as https://example.org:8443"
    )]
    Malformed,
    /// It has a wildcard.
    #[error("an origin has no wildcard; list each one, such as https://example.org")]
    Wildcard,
    /// It has a user, path, query or fragment.
    #[error(
        "an origin has no user, path, query or fragment: nothing after the host and port, such as https://example.org:8443"
    )]
    MoreThanOrigin,
}

impl Origin {
    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().expect("it was made from visible ASCII")
    }

    /// The value of the header `Origin`.
    pub(crate) fn value(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        if text.contains('*') {
            return Err(InvalidOrigin::Wildcard);
        }
        let (_, authority) = text.split_once("://").ok_or(InvalidOrigin::Malformed)?;
        if authority.contains(['/', '\\', '?', '#', '@']) {
            return Err(InvalidOrigin::MoreThanOrigin);
        }
        let is_graphic = |character: char| !character.is_whitespace() && !character.is_control();
        let url =
            Url::parse(text).ok().filter(|_| text.chars().all(is_graphic)).ok_or(InvalidOrigin::Malformed)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidOrigin::Malformed)?;
        // `Url::origin` knows the web's own schemes alone; apps and extensions have others.
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let origin = format!("{}://{host}{port}", url.scheme());
        HeaderValue::try_from(origin).map(Self).map_err(|_| InvalidOrigin::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_normalized_as_browsers_do() {
        for (text, expected) in [
            ("https://example.org", "https://example.org"),
            ("https://Example.org:443", "https://example.org"),
            ("HTTP://EXAMPLE.ORG:80", "http://example.org"),
            ("http://example.org:443", "http://example.org:443"),
            ("https://example.org:08443", "https://example.org:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("http://[::0001]:8080", "http://[::1]:8080"),
            ("http://127.1", "http://127.0.0.1"),
            ("capacitor://localhost", "capacitor://localhost"),
        ] {
            let origin = text.parse::<Origin>().unwrap();
            assert_eq!(origin.value(), expected, "{text}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_rejected() {
        for (text, expected) in [
            ("*", InvalidOrigin::Wildcard),
            ("https://*.example.org", InvalidOrigin::Wildcard),
            ("https://user@example.org", InvalidOrigin::MoreThanOrigin),
            ("https://user:word@example.org", InvalidOrigin::MoreThanOrigin),
            ("https://example.org/", InvalidOrigin::MoreThanOrigin),
            ("https://example.org?", InvalidOrigin::MoreThanOrigin),
            ("https://example.org#top", InvalidOrigin::MoreThanOrigin),
            ("https://example.org:65536", InvalidOrigin::Malformed),
            ("https://example.org:port", InvalidOrigin::Malformed),
            ("https://", InvalidOrigin::Malformed),
            ("https://exa mple.org", InvalidOrigin::Malformed),
            (" https://example.org", InvalidOrigin::Malformed),
            ("example.org", InvalidOrigin::Malformed),
            ("null", InvalidOrigin::Malformed),
            ("", InvalidOrigin::Malformed),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(expected), "{text:?}");
        }
    }
}
