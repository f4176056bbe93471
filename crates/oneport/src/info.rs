//! Facts about a connection, for services and layers.

use std::{net::SocketAddr, sync::Arc};

use rustls::{HandshakeKind, ProtocolVersion, ServerConnection, pki_types::CertificateDer};

use crate::{messages::ConnectionShare, outbound::Outbound};

/// A connection as the server sees it, from [`CallInfo::connection`](crate::CallInfo::connection).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionInfo {
    /// The remote address of the socket: that of the client, or of a proxy in front of it.
    pub peer_address: SocketAddr,
    /// The local address of the socket.
    pub local_address: SocketAddr,
    /// The result of the TLS handshake; none without TLS.
    pub tls: Option<TlsInfo>,
}

/// The result of a TLS handshake (RFC 8446, RFC 5246).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TlsInfo {
    /// The version: `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The cipher suite by its name in IANA's registry, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
    /// The key-exchange group by its name in IANA's registry, such as `X25519MLKEM768`; empty where none was used.
    pub key_exchange_group: String,
    /// The application protocol that ALPN negotiated (RFC 7301), `h2` or `http/1.1`; empty where the client offered none.
    pub alpn: String,
    /// The server name that the client sent (SNI, RFC 6066); empty where it sent none.
    pub server_name: String,
    /// Whether an earlier session was resumed (RFC 8446, section 2.2).
    pub is_resumed: bool,
    /// The client's certificate chain, its own certificate first, verified in the handshake; empty where it sent none.
    pub client_certificates: Vec<CertificateDer<'static>>,
}

/// A connection, with the state that its calls share.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) info: ConnectionInfo,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) share: ConnectionShare,
}

impl ConnectionInfo {
    /// Whether this is a connection without TLS to a loopback address: no certificate proves to a browser which server it has
    /// reached.
    pub(crate) fn is_plaintext_loopback(&self) -> bool {
        self.tls.is_none() && is_loopback(self.local_address)
    }
}

/// Whether an address is reachable from this machine alone.
pub(crate) fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

impl TlsInfo {
    /// Reads the result of a completed handshake.
    pub(crate) fn from_handshake(connection: &ServerConnection) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let suite = connection.negotiated_cipher_suite();
        let group = connection.negotiated_key_exchange_group();
        Self {
            version: version_name(connection.protocol_version()),
            cipher_suite: suite.map(|suite| format!("{:?}", suite.suite())).unwrap_or_default(),
            key_exchange_group: group.map(|group| format!("{:?}", group.name())).unwrap_or_default(),
            alpn: connection.alpn_protocol().map(text).unwrap_or_default(),
            server_name: connection.server_name().unwrap_or_default().to_owned(),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            client_certificates: connection.peer_certificates().unwrap_or_default().to_vec(),
        }
    }
}

fn version_name(version: Option<ProtocolVersion>) -> &'static str {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "",
    }
}
