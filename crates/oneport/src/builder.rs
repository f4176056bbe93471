//! How a server is put together: its services, its page, its addresses and its limits.

use std::{
    convert::Infallible, net::SocketAddr, num::NonZero, path::PathBuf, sync::Arc,
    thread::available_parallelism,
};

use bytes::Bytes;
use http::{HeaderName, Request, Response};
use tonic::{body::Body, server::NamedService};
use tower::{Layer, Service};

use crate::{
    bound::BoundServer,
    cors::cors_layer,
    error::{BindError, ServeError},
    health::Health,
    host::{AllowedHosts, HostName},
    limits::Limits,
    messages::CallLimits,
    metrics::{Metrics, Target, TextSource},
    origin::Origin,
    page::Site,
    probes::Probes,
    router::{Router, Routes},
    rpc::{CallService, Calls, LayerFn, Rpc, ServiceEntry},
    serve::{Addresses, Parts, raise_limit, shutdown_signal},
    standard::with_standard_services,
    tls::Tls,
};

/// What requests for a page get where there is none.
const NO_PAGE: &str = "There is no page here. The services answer all the same.";

/// Serves tonic services over gRPC, gRPC-Web and Connect, with a page's files, on one port.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// A server without services, which listens nowhere.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// A server to be: see [`Server::builder`]. What cannot be used fails in [`Self::bind`] or [`Self::serve`].
#[derive(Default)]
#[must_use = "a builder serves nothing before `serve` or `bind`"]
pub struct Builder {
    services: Vec<ServiceEntry>,
    /// The innermost first.
    layers: Vec<LayerFn>,
    page: Option<PathBuf>,
    no_page_text: Option<&'static str>,
    reloads_page: bool,
    addresses: Addresses,
    tls: Option<Tls>,
    cors_origins: Vec<Origin>,
    allows_own_origins: bool,
    cors_headers: Vec<HeaderName>,
    allowed_hosts: Vec<HostName>,
    limits: Limits,
    call_limits: CallLimits,
    workers: Option<NonZero<usize>>,
    health: Health,
    target: Option<Target>,
    metrics_text: Vec<TextSource>,
}

impl Builder {
    /// Registers a service as tonic generates it, with an encoded `google.protobuf.FileDescriptorSet` that has its contract
    /// and all that this imports. It is served over every protocol, described by reflection, and has a health.
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

    /// Registers a service with limits of its own.
    pub fn register(mut self, entry: ServiceEntry) -> Self {
        self.services.push(entry);
        self
    }

    /// Wraps every call to every service in a tower layer. Layers added later are outside of those added before; the
    /// caller's deadline bounds all of them. Each request has a [`CallInfo`](crate::CallInfo) in its extensions.
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
        self.layers.push(LayerFn::new(layer));
        self
    }

    /// Serves the files of this folder, which has an `index.html`, to requests that are not calls. They are read when the
    /// server is bound. Default: no page.
    pub fn page(mut self, folder: impl Into<PathBuf>) -> Self {
        self.page = Some(folder.into());
        self
    }

    /// The line that requests for a page get where there is none, with 404.
    pub fn no_page_text(mut self, line: &'static str) -> Self {
        self.no_page_text = Some(line);
        self
    }

    /// Reads the page again whenever its `index.html` has changed, for development. Default: false.
    pub fn reload_page(mut self, reloads: bool) -> Self {
        self.reloads_page = reloads;
        self
    }

    /// The certificate for the addresses with TLS.
    pub fn tls(mut self, tls: impl Into<Tls>) -> Self {
        self.tls = Some(tls.into());
        self
    }

    /// Listens on this address with TLS: HTTP/2 and HTTP/1.1, by ALPN. Port 0 takes a free one. May be called several times.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.addresses.tls.push(address);
        self
    }

    /// Listens with TLS on this port of 127.0.0.1 and, where this machine has IPv6, of `[::1]`.
    pub fn listen_loopback(mut self, port: u16) -> Self {
        self.addresses.loopback = Some(port);
        self
    }

    /// Listens on this address without TLS: HTTP/2 with prior knowledge (h2c) and HTTP/1.1. On loopback addresses, requests to
    /// other host names are rejected with 421 (see [`Self::allow_hosts`]). May be called several times.
    pub fn plaintext_listen(mut self, address: SocketAddr) -> Self {
        self.addresses.plaintext.push(address);
        self
    }

    /// Serves metrics as Prometheus text on this address, without TLS: `GET /metrics`, and the probes `/healthz` and `/readyz`.
    /// Default: nothing is measured.
    pub fn metrics_listen(mut self, address: SocketAddr) -> Self {
        self.addresses.metrics = Some(address);
        self
    }

    /// The name and the version of the program, which the metrics have as `target_info`.
    pub fn target_info(
        mut self,
        service_name: impl Into<String>,
        service_version: impl Into<String>,
    ) -> Self {
        let (service_name, service_version) = (service_name.into(), service_version.into());
        self.target = Some(Target { service_name, service_version });
        self
    }

    /// Appends this text to the metrics, each time they are read: metrics of the program's own, in Prometheus' text format.
    pub fn metrics_text(mut self, text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.metrics_text.push(Arc::new(text));
        self
    }

    /// Lets pages of these origins call the services (CORS). Default: only the page's own.
    pub fn cors_origins(mut self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.cors_origins.extend(origins);
        self
    }

    /// Lets pages from one of the server's addresses call the others, with and without TLS. Default: false.
    pub fn cors_own_origins(mut self, allows: bool) -> Self {
        self.allows_own_origins = allows;
        self
    }

    /// Lets pages of other origins send these headers, beside those of the protocols, `authorization` and `traceparent`.
    pub fn cors_headers(mut self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        self.cors_headers.extend(headers);
        self
    }

    /// Allows requests to these host names on loopback addresses without TLS, beside `localhost` and the addresses
    /// themselves. Requests to other names are rejected with 421: a site whose name leads to a loopback address (DNS
    /// rebinding) must not read responses.
    pub fn allow_hosts(mut self, names: impl IntoIterator<Item = HostName>) -> Self {
        self.allowed_hosts.extend(names);
        self
    }

    /// The limits of connections.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The limits of calls and their messages.
    pub fn call_limits(mut self, limits: CallLimits) -> Self {
        self.call_limits = limits;
        self
    }

    /// How many threads serve connections, each with a runtime of its own. Default: one for each core.
    pub fn workers(mut self, workers: NonZero<usize>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// The health that is reported. Keep a clone to change it. Default: everything serves.
    pub fn health(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// Binds the addresses and serves until SIGINT or SIGTERM; then drains: see [`BoundServer::run`]. Blocks.
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

    /// Reads the page, checks everything that was set, and binds the addresses. The process's soft limit of open files is
    /// raised to the hard one; where that allows fewer connections than [`Limits::connections`], the limit is lowered.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn bind(self) -> Result<BoundServer, BindError> {
        let tls = self.tls.map(Tls::config).transpose()?;
        let (entries, pool) = with_standard_services(self.services, &self.health)?;
        let listeners = self.addresses.bind().await?;
        if let (Some(listener), None) = (listeners.tls.first(), &tls) {
            return Err(BindError::NoCertificate(listener.local_addr().map_err(BindError::Address)?));
        }
        let own_origins = match self.allows_own_origins {
            true => listeners.origins().map_err(BindError::Address)?,
            false => Vec::new(),
        };
        let site = match &self.page {
            Some(folder) => Site::open(folder, self.reloads_page, &own_origins)?,
            None => Site::None(self.no_page_text.unwrap_or(NO_PAGE).into()),
        };
        let metrics =
            listeners.metrics.as_ref().map(|_| Metrics::new(self.target.as_ref(), self.metrics_text));
        let call_metrics = metrics.as_ref().map(|metrics| &metrics.calls);
        let calls = Calls::new(self.call_limits, &entries, &pool, call_metrics);
        let origins = [self.cors_origins, own_origins].concat();
        let hosts = AllowedHosts::new(self.allowed_hosts);
        let router = Router::new(Routes {
            rpc: Rpc::new(calls.clone(), &self.layers, call_metrics),
            calls,
            site,
            probes: Probes::new(&self.health),
            hosts: hosts.clone(),
            cors: (!origins.is_empty()).then(|| cors_layer(&origins, &self.cors_headers)),
        });
        let workers = self.workers.or_else(|| available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN);
        let limits = within_descriptors(self.limits);
        Ok(BoundServer::new(
            listeners,
            Parts { router, tls, limits, workers, health: self.health, hosts, metrics },
        ))
    }
}

/// The limits that this process's open files allow.
fn within_descriptors(wanted: Limits) -> Limits {
    let Some(descriptors) = raise_limit() else { return wanted };
    let limits = wanted.within_descriptors(descriptors);
    if limits.connections < wanted.connections {
        tracing::warn!(
            "serving {} connections at most, not {}: this process may have {descriptors} files open (ulimit -Hn)",
            limits.connections,
            wanted.connections
        );
    }
    limits
}
