//! What is known of a connection and its peer, for whoever asks on it. Must not know who asks, or how.

use std::{net::SocketAddr, sync::Arc, time::SystemTime};

use http::{Request, Version};
use increment_certs::CertificateInfo;
use rustls::{HandshakeKind, ProtocolVersion, ServerConnection};

/// A connection as this side sees it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// This side's address.
    pub(crate) local: SocketAddr,
    /// The encryption; none in clear text.
    pub(crate) tls: Option<Encryption>,
}

/// What was agreed on in the handshake (RFC 8446, RFC 5246).
#[derive(Clone, Debug)]
pub(crate) struct Encryption {
    pub(crate) version: &'static str,
    pub(crate) cipher_suite: String,
    pub(crate) key_exchange_group: String,
    pub(crate) alpn: String,
    pub(crate) server_name: String,
    pub(crate) is_resumed: bool,
    pub(crate) client_certificate_subject: String,
    /// Whether the client presented a certificate; the handshake failed unless it was verified.
    pub(crate) is_client_verified: bool,
}

/// A request that asks what its connection is like, with the answer's parts.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) peer: Arc<Peer>,
    pub(crate) version: Version,
    pub(crate) server: Arc<Identity>,
}

/// What this server tells of itself.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) started: SystemTime,
    /// The certificate that it shows; none where it cannot be read.
    pub(crate) certificate: Option<CertificateInfo>,
}

impl Peer {
    /// Whether it came in clear text to a loopback address, where no certificate tells a browser whom it reached.
    pub(crate) fn is_local_in_clear(&self) -> bool {
        self.tls.is_none() && is_loopback(self.local)
    }

    /// Whether the handshake verified a certificate of the peer (mutual TLS).
    pub(crate) fn is_identified(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_client_verified)
    }
}

/// Whether an address leads nowhere but to this machine.
pub(crate) fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

impl Encryption {
    /// What a finished handshake came to.
    pub(crate) fn of(connection: &ServerConnection) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let certificate =
            connection.peer_certificates().and_then(|chain| CertificateInfo::parse(chain.first()?));
        Self {
            version: version_name(connection.protocol_version()),
            cipher_suite: connection
                .negotiated_cipher_suite()
                .map(|suite| format!("{:?}", suite.suite()))
                .unwrap_or_default(),
            key_exchange_group: connection
                .negotiated_key_exchange_group()
                .map(|group| format!("{:?}", group.name()))
                .unwrap_or_default(),
            alpn: connection.alpn_protocol().map(text).unwrap_or_default(),
            server_name: connection.server_name().unwrap_or_default().to_owned(),
            is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            client_certificate_subject: certificate
                .map(|certificate| certificate.subject)
                .unwrap_or_default(),
            is_client_verified: connection.peer_certificates().is_some(),
        }
    }
}

impl Seen {
    /// Lets the request tell what its connection is like.
    pub(crate) fn attach<B>(request: &mut Request<B>, peer: &Arc<Peer>, server: &Arc<Identity>) {
        let (peer, server) = (Arc::clone(peer), Arc::clone(server));
        let seen = Self { peer, version: request.version(), server };
        request.extensions_mut().insert(seen);
    }
}

fn version_name(version: Option<ProtocolVersion>) -> &'static str {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
        _ => "",
    }
}
