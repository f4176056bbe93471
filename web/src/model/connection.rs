//! The connection as described by the server and by the browser.

use super::{failure::Failure, response::Elapsed};

/// A connection as described by both ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The client's address, as seen by the server.
    pub peer: String,
    /// The HTTP version, as seen by the server, such as `HTTP/2`.
    pub http: String,
    /// TLS, as seen by the server; none in plaintext.
    pub tls: Option<Tls>,
    /// The server's version.
    pub server_version: String,
    /// The browser's description.
    pub browser: Browser,
}

/// TLS as seen by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The version, such as `TLSv1.3`.
    pub version: String,
    /// The cipher suite, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The key-exchange group, such as `X25519MLKEM768`.
    pub group: String,
    /// The negotiated application protocol; empty without one.
    pub alpn: String,
    /// The server name indication (SNI); empty without one.
    pub server_name: String,
    /// Whether an earlier session was resumed.
    pub is_resumed: bool,
    /// The subject of the client certificate; empty without one.
    pub client: String,
    /// The server's certificate.
    pub certificate: Certificate,
}

/// The server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The days until it expires; none if unknown.
    pub days_left: Option<i64>,
}

/// The connection as described by the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// The ALPN identifier of the protocol, such as `h2`; empty if unknown.
    pub protocol: String,
    /// Whether the page, and so the call, uses TLS.
    pub is_secure: bool,
    /// The time to open the connection; none where an open connection was reused.
    pub connect_timing: Option<ConnectTiming>,
    /// The time from the request to the first byte of the response; none if unknown.
    pub first_byte: Option<Elapsed>,
}

/// The time to open a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectTiming {
    /// The time of the TCP handshake.
    pub connect: Elapsed,
    /// The time of the TLS handshake; none in plaintext.
    pub tls: Option<Elapsed>,
}

/// The state of the connection section.
#[derive(Clone, Debug, Default)]
pub struct ConnectionState {
    connection: Option<Connection>,
    failure: Option<Failure>,
    is_overdue: bool,
}

impl ConnectionState {
    /// Applies the outcome of a call; a failed call keeps the earlier connection.
    pub fn update(&mut self, outcome: Result<Connection, Failure>) {
        match outcome {
            Ok(connection) => *self = Self { connection: Some(connection), ..Self::default() },
            Err(failure) => self.failure = Some(failure),
        }
        self.is_overdue = false;
    }

    /// Registers that the response is overdue.
    pub fn mark_overdue(&mut self) {
        self.is_overdue = true;
    }

    /// Returns whether the response is overdue.
    pub fn is_overdue(&self) -> bool {
        self.is_overdue
    }

    /// Returns the connection of the last successful call.
    pub fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Returns the failure of the last call; none if it succeeded.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }
}

impl Connection {
    /// Returns whether a proxy is between the page and the server: the two ends describe different connections.
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
    /// Returns whether the key exchange is post-quantum: the group includes ML-KEM (FIPS 203).
    pub fn is_post_quantum(&self) -> bool {
        self.group.contains("MLKEM")
    }

    /// Returns whether the handshake is that of TLS 1.3.
    pub fn is_1_3(&self) -> bool {
        self.version == "TLSv1.3"
    }
}

impl Browser {
    /// Returns the protocol and encryption of the page's own connection.
    pub fn description(&self) -> &'static str {
        match (self.protocol.as_str(), self.is_secure) {
            ("h2", true) => "HTTP/2 with TLS",
            ("http/1.1", true) => "HTTP/1.1 with TLS",
            ("http/1.1", false) => "HTTP/1.1 in plaintext",
            (_, true) => "TLS",
            (_, false) => "plaintext",
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::failure::Kind;

    /// A connection over TLS 1.3 and HTTP/2 without a proxy.
    pub(in crate::model) fn connection() -> Connection {
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
        let connect_timing =
            ConnectTiming { connect: Elapsed::between(0.0, 0.4), tls: Some(Elapsed::between(0.4, 3.5)) };
        let browser = Browser {
            protocol: "h2".to_owned(),
            is_secure: true,
            connect_timing: Some(connect_timing),
            first_byte: Some(Elapsed::between(0.0, 2.0)),
        };
        Connection {
            peer: "127.0.0.1:49152".to_owned(),
            http: "HTTP/2".to_owned(),
            tls: Some(tls),
            server_version: "0.1.0".to_owned(),
            browser,
        }
    }

    /// The same with changed TLS.
    pub(in crate::model) fn with_tls(change: impl Fn(&mut Tls)) -> Connection {
        let mut connection = connection();
        change(connection.tls.as_mut().unwrap());
        connection
    }

    /// The same with another protocol at the browser.
    pub(in crate::model) fn from_browser(protocol: &str, is_secure: bool) -> Connection {
        let mut connection = connection();
        connection.browser.protocol = protocol.to_owned();
        connection.browser.is_secure = is_secure;
        connection
    }

    /// A connection in plaintext.
    pub(in crate::model) fn plaintext() -> Connection {
        Connection { tls: None, http: "HTTP/1.1".to_owned(), ..from_browser("http/1.1", false) }
    }

    /// The state after a successful call.
    pub(in crate::model) fn loaded(connection: Connection) -> ConnectionState {
        let mut state = ConnectionState::default();
        state.update(Ok(connection));
        state
    }

    #[test]
    fn one_connection_has_the_same_description_at_both_ends() {
        assert!(!connection().is_proxied());
        assert!(!from_browser("", true).is_proxied(), "unknown is no difference");
        assert!(!plaintext().is_proxied());
    }

    #[test]
    fn different_descriptions_mean_a_proxy() {
        for (protocol, is_secure) in [("http/1.1", true), ("h3", true), ("h2", false), ("", false)] {
            assert!(from_browser(protocol, is_secure).is_proxied(), "{protocol} {is_secure}");
        }
        assert!(Connection { tls: None, ..connection() }.is_proxied());
    }

    #[test]
    fn a_failed_call_keeps_the_earlier_connection() {
        let failure = || Err(Failure { kind: Kind::Offline, code: 14, message: String::new() });
        let mut state = ConnectionState::default();
        state.update(failure());
        assert!(state.connection().is_none() && state.failure().is_some());
        state.update(Ok(connection()));
        assert!(state.connection() == Some(&connection()) && state.failure().is_none());
        state.update(failure());
        assert!(state.connection() == Some(&connection()) && state.failure().is_some());
    }
}
