//! By which names a request may call this server. The name of another site can be made to lead to a loopback address (DNS
//! rebinding): its pages then count as of the server's own origin to a browser, which sends that name along all the same.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use tonic::body::Body;

use crate::response::text_response;

/// A name of a host, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// Why a text is no name of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name or an address without a port, such as example.org or [fd00::1]")]
pub struct InvalidHostName;

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, InvalidHostName> {
        match host(text) {
            Some(host) if host == text && !host.is_empty() && !host.contains('*') => {
                Ok(Self(host.to_owned()))
            }
            _ => Err(InvalidHostName),
        }
    }
}

/// The names beside those of loopback addresses. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedHosts(Arc<[HostName]>);

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// It does not say in one way whom it calls.
    Malformed(&'static str),
    /// It calls somebody else.
    Misdirected,
}

impl AllowedHosts {
    pub(crate) fn new(names: Vec<HostName>) -> Self {
        Self(names.into())
    }

    /// Rejects a request whose host is malformed and, on a connection that `is_local`, one that calls somebody else.
    pub(crate) fn check<B>(&self, request: &Request<B>, is_local: bool) -> Result<(), Rejected> {
        let mut headers = request.headers().get_all(header::HOST).iter();
        let header = headers.next().map(called).transpose()?;
        // RFC 9112, section 3.2.
        if headers.next().is_some() {
            return Err(Rejected::Malformed("The request has more than one Host header."));
        }
        if header.is_none() && request.version() == Version::HTTP_11 {
            return Err(Rejected::Malformed("The request has no Host header."));
        }
        // What the address says counts before the header (RFC 9112, section 3.2.2; RFC 9113, section 8.3.1).
        let called = match request.uri().authority() {
            Some(authority) => Some(host(authority.as_str()).ok_or(NO_HOST)?),
            None => header,
        };
        // Browsers always name the host.
        if is_local && called.is_some_and(|name| !self.allow(name)) {
            return Err(Rejected::Misdirected);
        }
        Ok(())
    }

    fn allow(&self, name: &str) -> bool {
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        name.eq_ignore_ascii_case("localhost")
            || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
            || self.0.iter().any(|allowed| name.eq_ignore_ascii_case(&allowed.0))
    }
}

const NO_HOST: Rejected = Rejected::Malformed("The request's host is malformed.");

fn called(header: &HeaderValue) -> Result<&str, Rejected> {
    header.to_str().ok().and_then(host).ok_or(NO_HOST)
}

/// The host of `host [":" port]` (RFC 3986, section 3.2.2).
fn host(text: &str) -> Option<&str> {
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

impl Rejected {
    pub(crate) fn into_response(self) -> Response<Body> {
        match self {
            Self::Malformed(line) => text_response(StatusCode::BAD_REQUEST, line),
            // RFC 9110, section 15.5.20.
            Self::Misdirected => text_response(
                StatusCode::MISDIRECTED_REQUEST,
                "This server is not called so: it is localhost, or another name that it is configured to allow.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_maybe_with_a_port() {
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
            assert_eq!(host(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_name_to_allow_has_no_port_and_no_wildcard() {
        for text in ["example.org", "[fd00::1]", "10.0.0.7"] {
            assert_eq!(text.parse(), Ok(HostName(text.to_owned())));
        }
        for text in ["", "example.org:80", "*", "*.example.org", "https://example.org", "a b"] {
            assert_eq!(text.parse::<HostName>(), Err(InvalidHostName), "{text:?}");
        }
    }
}
