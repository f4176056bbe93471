//! From a URL to a connection ready for HTTP, with an error of its own for each way to fail. Part of step 4 of a
//! click's way. Must not know what is sent.

use std::{
    io,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::{CertificateError, pki_types::ServerName};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tower::Service;

use crate::{
    Target,
    stream::{H2, Stream},
    target::Trust,
};

/// How long finding the host, connecting and the TLS handshake may take together.
pub const DIAL_LIMIT: Duration = Duration::from_secs(5);

/// How HTTP/1.1 is called in ALPN (RFC 7301, section 6).
const HTTP_1_1: &[u8] = b"http/1.1";

/// Why there is no connection to a server. `address` is its host and port.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The host's name means nothing here.
    #[error("cannot find the host {host}: {source}; is the name in --url right?")]
    UnknownHost {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody listens, or the way there is closed.
    #[error("cannot connect to {address}: {source}; is the server running, and is the port in --url right?")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The host says nothing.
    #[error("cannot connect to {address}: no answer within {DIAL_LIMIT:?}")]
    NoAnswer {
        /// Host and port.
        address: String,
    },
    /// What listens there does not speak TLS.
    #[error("{address} does not speak TLS; if it serves in clear, write http:// in --url")]
    NotTls {
        /// Host and port.
        address: String,
    },
    /// The certificate was issued by somebody else than the CA.
    #[error("the certificate of {address} is not from the CA in {}; --ca names the right one", ca.display())]
    Untrusted {
        /// Host and port.
        address: String,
        /// The CA's file.
        ca: PathBuf,
    },
    /// The certificate is another host's.
    #[error(
        "the certificate of {address} is for other names, not for {host}; write one of its names in --url"
    )]
    WrongName {
        /// Host and port.
        address: String,
        /// The name it should hold.
        host: String,
    },
    /// The certificate's time is over or has not come.
    #[error(
        "the certificate of {address} is not valid today; restart the server to renew it, or check the clocks"
    )]
    NotValidNow {
        /// Host and port.
        address: String,
    },
    /// The TLS handshake failed otherwise.
    #[error("the TLS handshake with {address} failed: {source}")]
    Tls {
        /// Host and port.
        address: String,
        /// What was wrong.
        source: io::Error,
    },
    /// The server offers HTTP/1.1 only.
    #[error("{address} does not speak HTTP/2, which gRPC needs; --protocol grpc-web does without")]
    NoHttp2 {
        /// Host and port.
        address: String,
    },
}

/// Makes connections to one server.
#[derive(Clone)]
pub(crate) struct Dialer {
    trust: Option<Trust>,
    needs_http2: bool,
}

impl Dialer {
    pub(crate) fn new(target: &Target, needs_http2: bool) -> Self {
        let mut trust = target.trust().cloned();
        if let Some(Trust { config, .. }) = &mut trust {
            config.alpn_protocols = vec![H2.to_vec()];
            if !needs_http2 {
                config.alpn_protocols.push(HTTP_1_1.to_vec());
            }
        }
        Self { trust, needs_http2 }
    }

    async fn dial(self, url: Uri) -> Result<Stream, DialError> {
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let default_port = if self.trust.is_some() { 443 } else { 80 };
        let (port, address) =
            (url.port_u16().unwrap_or(default_port), url.authority().map(ToString::to_string));
        let address = address.unwrap_or_default();
        let connecting = async {
            let stream = connect(&host, port, &address).await?;
            match self.trust.clone() {
                Some(trust) => self.handshake(trust, stream, host, &address).await,
                None => Ok(Stream::Plaintext(stream)),
            }
        };
        let no_answer = || DialError::NoAnswer { address: address.clone() };
        timeout(DIAL_LIMIT, connecting).await.map_err(|_| no_answer())?
    }

    async fn handshake(
        &self,
        trust: Trust,
        stream: TcpStream,
        host: String,
        address: &str,
    ) -> Result<Stream, DialError> {
        let name = ServerName::try_from(host.clone());
        let name = name.map_err(|_| DialError::WrongName { address: address.into(), host: host.clone() })?;
        let connecting = TlsConnector::from(Arc::new(trust.config)).connect(name, stream).await;
        let stream = connecting.map_err(|error| explain(error, address.into(), host, trust.ca))?;
        let stream = Stream::Tls(Box::new(stream));
        if self.needs_http2 && !stream.agreed_on_http2() {
            return Err(DialError::NoHttp2 { address: address.into() });
        }
        Ok(stream)
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Stream>;
    // Shared, so that it can be taken out of the errors that will be wrapped around it.
    type Error = Arc<DialError>;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, Arc<DialError>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Arc<DialError>>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let dialer = self.clone();
        Box::pin(async move { dialer.dial(url).await.map(TokioIo::new).map_err(Arc::new) })
    }
}

/// Connects to the first of the host's addresses that takes it.
async fn connect(host: &str, port: u16, address: &str) -> Result<TcpStream, DialError> {
    let unknown = |source| DialError::UnknownHost { host: host.into(), source };
    let addresses: Vec<_> = lookup_host((host, port)).await.map_err(unknown)?.collect();
    let unreachable = |source| DialError::Unreachable { address: address.into(), source };
    let stream = TcpStream::connect(&*addresses).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    Ok(stream)
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
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => DialError::NotValidNow { address },
            _ => DialError::Tls { address, source: error },
        },
        Some(rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)) => {
            DialError::NoHttp2 { address }
        }
        _ => DialError::Tls { address, source: error },
    }
}
