//! The host names under which a request may address this server. A site can have its name resolve to a loopback address (DNS
//! rebinding): a browser then takes its pages for the server's own origin, but sends that name with each request.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use tonic::body::Body;

use crate::response::text_response;

/// The name or address of a host, without a port (RFC 3986, section 3.2.2), for
/// [`Builder::allow_hosts`](crate::Builder::allow_hosts). Parsed from text; compared without regard to case.
///
/// ```
/// let host: oneport::HostName = "dev.example.org".parse()?;
/// assert!("dev.example.org:443".parse::<oneport::HostName>().is_err());
/// # Ok::<(), oneport::InvalidHostName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// A text is not a [`HostName`]: it has a port, a wildcard, or a character that host names do not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name or an address without a port, such as example.org or [fd00::1]")]
pub struct InvalidHostName;

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, InvalidHostName> {
        match parse_host(text) {
            Some(host) if host == text && !host.is_empty() && !host.contains('*') => {
                Ok(Self(host.to_owned()))
            }
            _ => Err(InvalidHostName),
        }
    }
}

/// The host names that are allowed beside those of loopback addresses. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedHosts(Arc<[HostName]>);

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostRejected {
    /// It names no host, several, or one that is malformed (400).
    Malformed(&'static str),
    /// It names a host that is not allowed (421).
    Misdirected,
}

impl AllowedHosts {
    pub(crate) fn new(names: Vec<HostName>) -> Self {
        Self(names.into())
    }

    /// Rejects a request whose host is malformed, and on a loopback address one whose host is not allowed.
    pub(crate) fn check<B>(&self, request: &Request<B>, is_loopback: bool) -> Result<(), HostRejected> {
        let mut headers = request.headers().get_all(header::HOST).iter();
        let header = headers.next().map(host_of_header).transpose()?;
        // RFC 9112, section 3.2.
        if headers.next().is_some() {
            return Err(HostRejected::Malformed("The request has more than one Host header."));
        }
        if header.is_none() && request.version() == Version::HTTP_11 {
            return Err(HostRejected::Malformed("The request has no Host header."));
        }
        // The request target takes precedence over the header (RFC 9112, section 3.2.2; RFC 9113, section 8.3.1).
        let host = match request.uri().authority() {
            Some(authority) => Some(parse_host(authority.as_str()).ok_or(MALFORMED_HOST)?),
            None => header,
        };
        // A request without a host is not from a browser.
        if is_loopback && host.is_some_and(|name| !self.is_allowed(name)) {
            return Err(HostRejected::Misdirected);
        }
        Ok(())
    }

    fn is_allowed(&self, name: &str) -> bool {
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        name.eq_ignore_ascii_case("localhost")
            || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
            || self.0.iter().any(|allowed| name.eq_ignore_ascii_case(&allowed.0))
    }
}

const MALFORMED_HOST: HostRejected = HostRejected::Malformed("The request's host is malformed.");

fn host_of_header(header: &HeaderValue) -> Result<&str, HostRejected> {
    header.to_str().ok().and_then(parse_host).ok_or(MALFORMED_HOST)
}

/// Parses the host of `host [":" port]` (RFC 3986, section 3.2.2).
fn parse_host(text: &str) -> Option<&str> {
    let end = match text.strip_prefix('[') {
        Some(address) => address.find(']')? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(end);
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte)),
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    (is_host && is_port).then_some(host)
}

impl HostRejected {
    pub(crate) fn into_response(self) -> Response<Body> {
        match self {
            Self::Malformed(line) => text_response(StatusCode::BAD_REQUEST, line),
            // RFC 9110, section 15.5.20.
            Self::Misdirected => text_response(
                StatusCode::MISDIRECTED_REQUEST,
                "This server is not known by this host name: use localhost, or a name that the server is configured to allow.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_an_optional_port() {
        for (text, expected) in [
            ("localhost", Some("localhost")),
            ("127.0.0.1:5000", Some("127.0.0.1")),
            ("[::1]:5000", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("a.example:", Some("a.example")),
            ("", Some("")),
            ("a b", None),
            ("a/b", None),
            ("user@a", None),
            ("a:5000:1", None),
            ("a:port", None),
            ("[::1", None),
            ("[::1]x", None),
            ("[localhost]", None),
            ("::1", None),
            ("é", None),
        ] {
            assert_eq!(parse_host(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_allowed_name_has_no_port_and_no_wildcard() {
        for text in ["example.org", "[fd00::1]", "10.0.0.7"] {
            assert_eq!(text.parse(), Ok(HostName(text.to_owned())));
        }
        for text in ["", "example.org:80", "*", "*.example.org", "https://example.org", "a b"] {
            assert_eq!(text.parse::<HostName>(), Err(InvalidHostName), "{text:?}");
        }
    }
}
