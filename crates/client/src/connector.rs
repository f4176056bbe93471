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
use increment_certs::ChainFault;
use tokio::time::timeout;
use tower::Service;

use crate::{
    KeepAlive, Target,
    endpoint::Place,
    stream::{H2, Stream},
    target::Trust,
};

/// How long finding the host, connecting and the TLS handshake may take together.
pub const DIAL_LIMIT: Duration = Duration::from_secs(5);

/// How HTTP/1.1 is called in ALPN (RFC 7301, section 6).
pub(crate) const HTTP_1_1: &[u8] = b"http/1.1";

/// Why there is no connection to a server. `address` is its host and port.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The host's name means nothing here.
    #[error("cannot find the host {host}: {source}")]
    UnknownHost {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody listens, or the way there is closed.
    #[error("cannot connect to {address}: {source}")]
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
    #[error("{address} does not speak TLS")]
    NotTls {
        /// Host and port.
        address: String,
    },
    /// The certificate was issued by somebody else than the CA.
    #[error("the certificate of {address} is not from the CA in {}", ca.display())]
    Untrusted {
        /// Host and port.
        address: String,
        /// The CA's file.
        ca: PathBuf,
    },
    /// The certificate is another host's.
    #[error("the certificate of {address} is for other names, not for {host}")]
    WrongName {
        /// Host and port.
        address: String,
        /// The name it should hold.
        host: String,
    },
    /// The certificate's time is over.
    #[error(
        "the certificate of {address} is not valid today: it has expired; restart the server to renew it, or check the clocks"
    )]
    Expired {
        /// Host and port.
        address: String,
    },
    /// The certificate's time has not come.
    #[error("the certificate of {address} is not valid today: its time has not come; check the clocks")]
    NotYetValid {
        /// Host and port.
        address: String,
    },
    /// The certificate is one that no client accepts, whoever issued it.
    #[error("the certificate of {address} does not work with TLS: {fault}; {}", fault.remedy())]
    Faulty {
        /// Host and port.
        address: String,
        /// What is wrong with it.
        fault: ChainFault,
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
    #[error("{address} does not speak HTTP/2, which gRPC needs")]
    NoHttp2 {
        /// Host and port.
        address: String,
    },
}

/// Makes connections to one server.
#[derive(Clone)]
pub(crate) struct Dialer {
    trust: Option<Trust>,
    keep_alive: KeepAlive,
    needs_http2: bool,
}

impl Dialer {
    pub(crate) fn new(target: &Target, needs_http2: bool) -> Self {
        let offered: &[&[u8]] = if needs_http2 { &[H2] } else { &[H2, HTTP_1_1] };
        let trust = target.trust().map(|trust| trust.offering(offered));
        Self { trust, keep_alive: target.keep_alive(), needs_http2 }
    }

    async fn dial(self, url: Uri) -> Result<Stream, DialError> {
        let place = Place::of(&url);
        let connecting = async {
            let stream = place.connect(&place.resolve().await?, self.keep_alive).await?;
            let Some(trust) = self.trust else { return Ok(Stream::plaintext(stream)) };
            let stream = Stream::tls(place.shake_hands(trust, stream).await?);
            if self.needs_http2 && !stream.agreed_on_http2() {
                return Err(DialError::NoHttp2 { address: place.address.clone() });
            }
            Ok(stream)
        };
        let no_answer = || DialError::NoAnswer { address: place.address.clone() };
        timeout(DIAL_LIMIT, connecting).await.map_err(|_| no_answer())?
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
