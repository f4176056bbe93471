//! The steps from a URL to an encrypted connection, each with what its failure means. Must not know what comes before
//! or after a step.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use http::{Uri, uri::Scheme};
use rustls::{CertificateError, OtherError, pki_types::ServerName};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{DIAL_LIMIT, DialError, KeepAlive, target::Trust, tcp};

/// Where a server is, and the steps to a connection with it.
pub(crate) struct Place {
    /// As a resolver takes it: an address of IPv6 has no brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Both, as the URL has them.
    pub(crate) address: String,
    url: Uri,
}

impl Place {
    pub(crate) fn of(url: &Uri) -> Self {
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let default_port = if url.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
        let address = url.authority().map(ToString::to_string).unwrap_or_default();
        Self { host, port: url.port_u16().unwrap_or(default_port), address, url: url.clone() }
    }

    /// All addresses of the host.
    pub(crate) async fn resolve(&self) -> Result<Vec<SocketAddr>, DialError> {
        let found = lookup_host((self.host.as_str(), self.port)).await;
        let unknown = |source| DialError::UnknownHost { host: self.host.clone(), source };
        Ok(found.map_err(unknown)?.collect())
    }

    /// Connects to whichever of these addresses accepts first.
    pub(crate) async fn connect(
        &self,
        addresses: &[SocketAddr],
        keep_alive: KeepAlive,
    ) -> Result<TcpStream, DialError> {
        let address = self.address.clone();
        tcp::connect(&self.url, addresses, keep_alive, DIAL_LIMIT).await.map_err(|source| {
            if source.kind() == io::ErrorKind::TimedOut {
                DialError::NoAnswer { address }
            } else {
                DialError::Unreachable { address, source }
            }
        })
    }

    /// Encrypts a connection, once the certificate is found to be this host's.
    pub(crate) async fn shake_hands(
        &self,
        trust: Trust,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, DialError> {
        let (address, host) = (self.address.clone(), self.host.clone());
        let Ok(name) = ServerName::try_from(host.clone()) else {
            return Err(DialError::WrongName { address, host });
        };
        let connecting = TlsConnector::from(Arc::new(trust.config)).connect(name, stream).await;
        connecting.map_err(|error| explain(error, address, host, trust.ca))
    }
}

/// What a failed handshake means.
fn explain(error: io::Error, address: String, host: String, ca: PathBuf) -> DialError {
    use rustls::Error::{InvalidCertificate, InvalidMessage};
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(InvalidMessage(_)) => DialError::NotTls { address },
        Some(InvalidCertificate(reason)) => match reason {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                DialError::Untrusted { address, ca }
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                DialError::WrongName { address, host }
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                DialError::Expired { address }
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                DialError::NotYetValid { address }
            }
            CertificateError::Other(OtherError(other)) => match other.downcast_ref() {
                Some(&fault) => DialError::Faulty { address, fault },
                None => DialError::Tls { address, source: error },
            },
            _ => DialError::Tls { address, source: error },
        },
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)) => {
            DialError::NoHttp2 { address }
        }
        _ => DialError::Tls { address, source: error },
    }
}
