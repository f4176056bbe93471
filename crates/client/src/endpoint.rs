//! The address of a server, and the steps to an encrypted connection: resolve, connect, handshake. Each failure is a
//! [`ConnectError`].

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use http::{Uri, uri::Scheme};
use rustls::{CertificateError, OtherError, pki_types::ServerName};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    connect_error::{CONNECT_TIMEOUT, ConnectError},
    keep_alive::KeepAlive,
    target::TlsConfig,
    tcp,
};

/// The address of a server.
pub(crate) struct Endpoint {
    /// The host for a resolver: an IPv6 address has no brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port as written in the URL.
    pub(crate) address: String,
    url: Uri,
}

impl From<&Uri> for Endpoint {
    fn from(url: &Uri) -> Self {
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let default_port = if url.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
        let address = url.authority().map(ToString::to_string).unwrap_or_default();
        Self { host, port: url.port_u16().unwrap_or(default_port), address, url: url.clone() }
    }
}

impl Endpoint {
    /// Resolves the host to all of its addresses.
    pub(crate) async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        let addresses = lookup_host((self.host.as_str(), self.port)).await;
        let unknown = |source| ConnectError::UnknownHost { host: self.host.clone(), source };
        Ok(addresses.map_err(unknown)?.collect())
    }

    /// Connects to the first of these addresses that accepts.
    pub(crate) async fn connect(
        &self,
        addresses: &[SocketAddr],
        keep_alive: KeepAlive,
    ) -> Result<TcpStream, ConnectError> {
        let address = self.address.clone();
        tcp::connect(&self.url, addresses, keep_alive, CONNECT_TIMEOUT).await.map_err(|source| {
            if source.kind() == io::ErrorKind::TimedOut {
                ConnectError::Timeout { address }
            } else {
                ConnectError::Unreachable { address, source }
            }
        })
    }

    /// Performs the TLS handshake and verifies the server's certificate for this host.
    pub(crate) async fn handshake(
        &self,
        tls: TlsConfig,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, ConnectError> {
        let (address, host) = (self.address.clone(), self.host.clone());
        let Ok(name) = ServerName::try_from(host.clone()) else {
            return Err(ConnectError::WrongName { address, host });
        };
        let handshake = TlsConnector::from(Arc::new(tls.config)).connect(name, stream).await;
        handshake.map_err(|error| handshake_error(error, address, host, tls.ca))
    }
}

fn handshake_error(error: io::Error, address: String, host: String, ca: PathBuf) -> ConnectError {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage};
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(InvalidMessage(_)) => ConnectError::NotTls { address },
        Some(InvalidCertificate(reason)) => match reason {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                ConnectError::Untrusted { address, ca }
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ConnectError::WrongName { address, host }
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                ConnectError::Expired { address }
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ConnectError::NotYetValid { address }
            }
            CertificateError::Other(OtherError(other)) => match other.downcast_ref() {
                Some(&fault) => ConnectError::InvalidChain { address, fault },
                None => ConnectError::Handshake { address, source: error },
            },
            _ => ConnectError::Handshake { address, source: error },
        },
        Some(AlertReceived(rustls::AlertDescription::NoApplicationProtocol)) => {
            ConnectError::NoHttp2 { address }
        }
        _ => ConnectError::Handshake { address, source: error },
    }
}
