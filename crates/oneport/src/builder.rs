//! The builder of a server.

use std::{convert::Infallible, net::SocketAddr, num::NonZero, path::PathBuf, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use tonic::{body::Body, server::NamedService};
use tower::{Layer, Service};

use crate::{
    bind::bind,
    bound::BoundServer,
    error::{BindError, ServeError},
    health::Health,
    host::HostName,
    limits::Limits,
    messages::CallLimits,
    metrics::Target,
    origin::Origin,
    rpc::{CallService, LayerFn, ServiceEntry},
    serve::shutdown_signal,
    settings::Settings,
    tls::Tls,
};

/// Serves tonic services over gRPC, gRPC-Web and Connect, with a page's files, on one port. See [`Server::builder`].
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Returns the builder of a server, without services and addresses so far.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Configures a server, and starts it with [`Self::serve`], or with [`Self::bind`] where a program has a runtime of its own.
///
/// The methods fail for no value: [`Self::bind`] and [`Self::serve`] report what cannot be used. A method that is called again
/// replaces its value, except where it says otherwise.
#[derive(Default)]
#[must_use = "a builder serves nothing before `serve` or `bind`"]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    /// Registers a service that tonic has generated, with an encoded `google.protobuf.FileDescriptorSet` of its contract
    /// and the imports of that. It is served over every protocol, listed by reflection, and known to health checks. May be
    /// called several times.
    pub fn service<S, B>(self, service: S, file_descriptor_set: &'static [u8]) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.register(ServiceEntry::new(service, file_descriptor_set))
    }

    /// Registers a service with limits of its own. May be called several times.
    pub fn register(mut self, entry: ServiceEntry) -> Self {
        self.settings.services.push(entry);
        self
    }

    /// Wraps all calls to all services in a tower layer. Each request has a [`CallInfo`](crate::CallInfo) in its extensions.
    /// May be called several times: a layer wraps those that were added before it. The caller's deadline applies to the
    /// layers too.
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<CallService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.settings.layers.push(LayerFn::new(layer));
        self
    }

    /// Serves the files of this folder, which has an `index.html`, to requests that are not calls. The files are read into
    /// memory by [`Self::bind`], with the precompressed ones (`.br`, `.gz`) beside them; [`MAX_PAGE_BYTES`](crate::MAX_PAGE_BYTES)
    /// and [`MAX_PAGE_FILES`](crate::MAX_PAGE_FILES) limit them. Default: no page.
    pub fn page(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.page = Some(folder.into());
        self
    }

    /// The line of text, with status 404, in response to requests for a page where there is none.
    pub fn no_page_text(mut self, line: &'static str) -> Self {
        self.settings.no_page_text = Some(line);
        self
    }

    /// Reads the page again when its `index.html` was modified, for development. Default: false.
    pub fn reload_page(mut self, reloads: bool) -> Self {
        self.settings.reloads_page = reloads;
        self
    }

    /// The certificate of the addresses with TLS, and the authentication of clients. Required by [`Self::listen`] and
    /// [`Self::listen_loopback`].
    pub fn tls(mut self, tls: impl Into<Tls>) -> Self {
        self.settings.tls = Some(tls.into());
        self
    }

    /// Listens on this address with TLS, for HTTP/2 and HTTP/1.1 by ALPN. Port 0 takes a free port. May be called several
    /// times.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.settings.addresses.tls.push(address);
        self
    }

    /// Listens with TLS on this port of 127.0.0.1 and, where this machine has IPv6, of `::1`.
    pub fn listen_loopback(mut self, port: u16) -> Self {
        self.settings.addresses.loopback = Some(port);
        self
    }

    /// Listens on this address without TLS, for HTTP/2 with prior knowledge (h2c; RFC 9113, section 3.3) and HTTP/1.1. On a
    /// loopback address, requests to other host names are rejected: see [`Self::allow_hosts`]. Port 0 takes a free port. May be
    /// called several times.
    pub fn plaintext_listen(mut self, address: SocketAddr) -> Self {
        self.settings.addresses.plaintext.push(address);
        self
    }

    /// Serves metrics as Prometheus text on this address, without TLS: `GET /metrics`, and the probes `/healthz` and `/readyz`.
    /// Default: no metrics are recorded.
    pub fn metrics_listen(mut self, address: SocketAddr) -> Self {
        self.settings.addresses.metrics = Some(address);
        self
    }

    /// The name and the version of the program, which the metrics have as `target_info`.
    pub fn target_info(
        mut self,
        service_name: impl Into<String>,
        service_version: impl Into<String>,
    ) -> Self {
        let (service_name, service_version) = (service_name.into(), service_version.into());
        self.settings.target = Some(Target { service_name, service_version });
        self
    }

    /// Appends text in Prometheus' format to the metrics, for metrics of the program's own. The function is called for each
    /// request of the metrics. May be called several times.
    pub fn metrics_text(mut self, text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.settings.metrics_text.push(Arc::new(text));
        self
    }

    /// Allows pages of these origins to call the services (CORS). May be called several times. Default: only pages of the
    /// server's own origin.
    pub fn cors_origins(mut self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.settings.cors.origins.extend(origins);
        self
    }

    /// Allows pages from one of the server's addresses to call the others, with and without TLS. Default: false.
    pub fn cors_own_origins(mut self, allows: bool) -> Self {
        self.settings.cors.allows_own_origins = allows;
        self
    }

    /// Allows pages of other origins to send these headers, beside those of the protocols, `authorization` and `traceparent`.
    /// May be called several times.
    pub fn cors_headers(mut self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        self.settings.cors.headers.extend(headers);
        self
    }

    /// Allows requests to these host names on loopback addresses without TLS, beside `localhost` and loopback addresses. Requests
    /// to other host names are rejected with 421, so that a site whose name resolves to a loopback address (DNS rebinding)
    /// cannot read responses. May be called several times.
    pub fn allow_hosts(mut self, names: impl IntoIterator<Item = HostName>) -> Self {
        self.settings.allowed_hosts.extend(names);
        self
    }

    /// The limits of connections.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// The limits of calls and their messages.
    pub fn call_limits(mut self, limits: CallLimits) -> Self {
        self.settings.call_limits = limits;
        self
    }

    /// The number of threads that serve connections, each with a runtime of its own. Default: one for each core.
    pub fn workers(mut self, workers: NonZero<usize>) -> Self {
        self.settings.workers = Some(workers);
        self
    }

    /// The health to report. A clone of it sets the health of the running server. Default: all services are serving.
    pub fn health(mut self, health: Health) -> Self {
        self.settings.health = health;
        self
    }

    /// Binds the addresses, and serves until SIGINT or SIGTERM; then drains, as [`BoundServer::run`] describes. Blocks.
    ///
    /// Fails as [`Self::bind`] and [`BoundServer::run`] do.
    ///
    /// # Panics
    ///
    /// Within a tokio runtime. There, use [`Self::bind`].
    pub fn serve(self) -> Result<(), ServeError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(ServeError::Thread)?.block_on(async {
            let shutdown = shutdown_signal().map_err(ServeError::Signals)?;
            let bound = self.bind().await?;
            for url in bound.urls()? {
                tracing::info!("listening {url}");
            }
            bound.run(shutdown).await
        })
    }

    /// Checks the configuration, reads the page, and binds the addresses, in this order. Connections are accepted once the
    /// returned server runs.
    ///
    /// Raises the process's soft limit of open files to the hard one. Where that allows fewer connections than
    /// [`Limits::connections`], that limit is lowered, with a warning in the log.
    ///
    /// Fails with the [`BindError`] of the first step that fails; no address is bound then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn bind(self) -> Result<BoundServer, BindError> {
        bind(self.settings).await
    }
}
