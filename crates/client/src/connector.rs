//! Establishes connections for hyper's client. Part of step 4 of the path of a click.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tower::Service;

use crate::{
    alpn::{H2, HTTP_1_1},
    connect_error::{CONNECT_TIMEOUT, ConnectError},
    endpoint::Endpoint,
    keep_alive::KeepAlive,
    stream::Stream,
    target::{Target, TlsConfig},
};

/// Establishes connections to one server.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: Option<TlsConfig>,
    keep_alive: KeepAlive,
    requires_http2: bool,
}

impl Connector {
    pub(crate) fn new(target: &Target, requires_http2: bool) -> Self {
        let protocols: &[&[u8]] = if requires_http2 { &[H2] } else { &[H2, HTTP_1_1] };
        let tls = target.tls().map(|tls| tls.with_alpn(protocols));
        Self { tls, keep_alive: target.keep_alive(), requires_http2 }
    }

    async fn connect(self, url: Uri) -> Result<Stream, ConnectError> {
        let endpoint = Endpoint::from(&url);
        let connecting = async {
            let stream = endpoint.connect(&endpoint.resolve().await?, self.keep_alive).await?;
            let Some(tls) = self.tls else { return Ok(Stream::plaintext(stream)) };
            let stream = Stream::tls(endpoint.handshake(tls, stream).await?);
            if self.requires_http2 && !stream.is_http2_negotiated() {
                return Err(ConnectError::NoHttp2 { address: endpoint.address.clone() });
            }
            Ok(stream)
        };
        let timed_out = || ConnectError::Timeout { address: endpoint.address.clone() };
        timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| timed_out())?
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    // Shared, so that it can be cloned out of the errors that wrap it.
    type Error = Arc<ConnectError>;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, Arc<ConnectError>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Arc<ConnectError>>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(url).await.map(TokioIo::new).map_err(Arc::new) })
    }
}
