//! What is known of the connection: what the server sees of it, and what the browser noted. Must not know how either
//! is asked.

use super::{failure::Failure, response::Took};

/// A connection as both its ends see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The caller's address, as the server sees it.
    pub peer: String,
    /// The HTTP version that the server sees, such as `HTTP/2`.
    pub http: String,
    /// The encryption that the server sees; none in clear text.
    pub tls: Option<Tls>,
    /// The server's version.
    pub server_version: String,
    /// What the browser noted.
    pub browser: Browser,
}

/// The encryption as the server sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The version, such as `TLSv1.3`.
    pub version: String,
    /// The cipher suite, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The group of the key exchange, such as `X25519MLKEM768`.
    pub group: String,
    /// The application protocol agreed on; empty without one.
    pub alpn: String,
    /// The name the caller asked for; empty without one.
    pub server_name: String,
    /// An earlier session goes on.
    pub is_resumed: bool,
    /// Whom the caller's certificate names; empty without one.
    pub client: String,
    /// The server's certificate.
    pub certificate: Certificate,
}

/// Who vouches for the server, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it names.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// For how many whole days it is still valid; none where that is not known.
    pub days_left: Option<i64>,
}

/// What the browser noted of its own end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// The ALPN identifier of the protocol, such as `h2`; empty where it was not noted.
    pub protocol: String,
    /// The page, and so the call, uses TLS.
    pub is_secure: bool,
    /// How long the connection took to open; none where an open one was used.
    pub opened: Option<Opened>,
    /// From the request to the first byte of its answer; none where it was not noted.
    pub first_byte: Option<Took>,
}

/// How long a connection took to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Until TCP stood.
    pub connect: Took,
    /// Until the keys were agreed on; none in clear text.
    pub tls: Option<Took>,
}

/// The connection as it was last looked at.
#[derive(Clone, Debug, Default)]
pub struct Look {
    known: Option<Connection>,
    failure: Option<Failure>,
    is_late: bool,
}

impl Look {
    /// Takes what came of a look; what an earlier one saw stays when this one failed.
    pub fn see(&mut self, seen: Result<Connection, Failure>) {
        match seen {
            Ok(connection) => *self = Self { known: Some(connection), ..Self::default() },
            Err(failure) => self.failure = Some(failure),
        }
        self.is_late = false;
    }

    /// Notes that a look has seen nothing yet, though it should.
    pub fn miss(&mut self) {
        self.is_late = true;
    }

    /// The look that is under way should have come to its end by now.
    pub fn is_late(&self) -> bool {
        self.is_late
    }

    /// What the last look that went well saw.
    pub fn known(&self) -> Option<&Connection> {
        self.known.as_ref()
    }

    /// Why the last look saw nothing; none where it went well.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }
}

impl Connection {
    /// Somebody between the page and the server speaks with each in another way.
    pub fn is_proxied(&self) -> bool {
        let differs = match self.browser.protocol.as_str() {
            "h2" => self.http != "HTTP/2",
            "http/1.1" => self.http != "HTTP/1.1",
            "h3" => true,
            _ => false,
        };
        differs || self.browser.is_secure != self.tls.is_some()
    }
}

impl Tls {
    /// A quantum computer does not find the keys: the group has a part in ML-KEM (FIPS 203).
    pub fn is_post_quantum(&self) -> bool {
        // Not `contains`, which would cost the page half a kilobyte.
        self.group.as_bytes().windows(5).any(|part| part == b"MLKEM")
    }
}

impl Browser {
    /// How the page itself speaks, to whomever.
    pub fn words(&self) -> &'static str {
        match (self.protocol.as_str(), self.is_secure) {
            ("h2", true) => "HTTP/2 with TLS",
            ("http/1.1", true) => "HTTP/1.1 with TLS",
            ("http/1.1", false) => "HTTP/1.1 in clear text",
            (_, true) => "TLS",
            (_, false) => "clear text",
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::state::failure::Kind;

    /// A connection over TLS 1.3 and HTTP/2, without anybody in between.
    pub(in crate::state) fn connection() -> Connection {
        let certificate = Certificate {
            subject: "CN=localhost".to_owned(),
            issuer: "CN=some CA".to_owned(),
            days_left: Some(89),
        };
        let tls = Tls {
            version: "TLSv1.3".to_owned(),
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            group: "X25519MLKEM768".to_owned(),
            alpn: "h2".to_owned(),
            server_name: "localhost".to_owned(),
            is_resumed: false,
            client: String::new(),
            certificate,
        };
        let opened = Opened { connect: Took::between(0.0, 0.4), tls: Some(Took::between(0.4, 3.5)) };
        let browser = Browser {
            protocol: "h2".to_owned(),
            is_secure: true,
            opened: Some(opened),
            first_byte: Some(Took::between(0.0, 2.0)),
        };
        Connection {
            peer: "127.0.0.1:49152".to_owned(),
            http: "HTTP/2".to_owned(),
            tls: Some(tls),
            server_version: "0.1.0".to_owned(),
            browser,
        }
    }

    /// The same with something else about its TLS.
    pub(in crate::state) fn with_tls(change: impl Fn(&mut Tls)) -> Connection {
        let mut connection = connection();
        change(connection.tls.as_mut().unwrap());
        connection
    }

    /// The same with another protocol at the browser.
    pub(in crate::state) fn from_browser(protocol: &str, is_secure: bool) -> Connection {
        let mut connection = connection();
        connection.browser.protocol = protocol.to_owned();
        connection.browser.is_secure = is_secure;
        connection
    }

    #[test]
    fn both_ends_of_one_connection_tell_the_same() {
        assert!(!connection().is_proxied());
        assert!(!from_browser("", true).is_proxied(), "what was not noted differs from nothing");
        let plain = Connection { tls: None, http: "HTTP/1.1".to_owned(), ..from_browser("http/1.1", false) };
        assert!(!plain.is_proxied());
    }

    #[test]
    fn ends_that_tell_different_things_have_a_proxy_between_them() {
        for (protocol, is_secure) in [("http/1.1", true), ("h3", true), ("h2", false), ("", false)] {
            assert!(from_browser(protocol, is_secure).is_proxied(), "{protocol} {is_secure}");
        }
        assert!(Connection { tls: None, ..connection() }.is_proxied());
    }

    #[test]
    fn what_an_earlier_look_saw_stays_when_a_later_one_fails() {
        let failure = || Err(Failure { kind: Kind::Offline, code: 14, message: String::new() });
        let mut look = Look::default();
        look.see(failure());
        assert!(look.known().is_none() && look.failure().is_some());
        look.see(Ok(connection()));
        assert!(look.known() == Some(&connection()) && look.failure().is_none());
        look.see(failure());
        assert!(look.known() == Some(&connection()) && look.failure().is_some());
    }
}
