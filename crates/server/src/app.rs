//! What answers a request: calls are told apart from requests for the page before anything
//! else sees them. Must not know connections.

use std::{sync::Arc, time::Duration};

use futures_util::TryFutureExt;
use http::{HeaderName, Method, Request, Response, header};
use http_body::Body as _;
use hyper::body::Incoming;
use increment_access::{Ledger, Methods, MethodsError, State};
use increment_certs::BearerToken;
use tokio::sync::watch;
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::{
    host::{AllowedHosts, HostName},
    messages::{CallLimits, ConnectionShare, SMALL},
    metrics::Metrics,
    origin::Origin,
    page::{Page, Site},
    peer::{Identity, Peer, Seen},
    probes::Probes,
    reporters::Reporters,
    response::{Answer, at_once, without_body},
    rest::ReadToEnd,
    rpc::{Calls, Offer, Rpc},
    services::{CONTRACTS, Serving, asks_for_connection, own, with_standard},
};

/// The services whose calls are not accesses: reading the counts would change them, and probes would drown them.
const NOT_COUNTED: [&str; 2] = ["increment.v1.AccessService", "grpc.health.v1.Health"];

/// The methods whose calls are accesses.
///
/// Fails where a name has more bytes than the ledger takes.
pub fn counted_methods() -> Result<Methods, MethodsError> {
    let [own, standard @ ..] = CONTRACTS;
    let all = standard.into_iter().try_fold(Methods::new(own)?, Methods::and)?;
    Ok(NOT_COUNTED.iter().fold(all, |methods, service| methods.except(service)))
}

/// The services and the page. A clone is cheap.
#[derive(Clone)]
pub struct App {
    calls: Calls,
    site: Arc<Site>,
    hosts: AllowedHosts,
    origins: Vec<Origin>,
    cors_headers: Vec<HeaderName>,
    ledger: Option<Ledger>,
    metrics: Option<Metrics>,
    serving: watch::Sender<Serving>,
    reporters: Reporters,
}

impl App {
    /// Puts the services and the page together. Without a ledger, accesses are not counted.
    pub fn new(page: Page, limits: CallLimits, ledger: Option<Ledger>) -> Self {
        Self::with(own(ledger.as_ref()), page, limits, ledger)
    }

    /// The same with other services than our own, behind the same protocols and limits.
    pub fn with(offers: Vec<Offer>, page: Page, limits: CallLimits, ledger: Option<Ledger>) -> Self {
        let (serving, is_serving) = watch::channel(Serving::Yes);
        let calls = Calls::new(limits, &with_standard(offers, is_serving));
        Self {
            calls,
            site: Arc::new(Site::new(page)),
            hosts: AllowedHosts::default(),
            origins: Vec::new(),
            cors_headers: Vec::new(),
            ledger,
            metrics: None,
            serving,
            reporters: Reporters::default(),
        }
    }

    /// Lets pages of these origins call the services.
    #[must_use]
    pub fn allow_origins(mut self, origins: Vec<Origin>) -> Self {
        self.origins = origins;
        self
    }

    /// Lets pages of other origins send these headers too, beside those of the protocols.
    #[must_use]
    pub fn allow_headers(mut self, names: Vec<HeaderName>) -> Self {
        self.cors_headers = names;
        self
    }

    /// Answers to these names too on loopback addresses without TLS, where else only their own and `localhost` are.
    #[must_use]
    pub fn allow_hosts(mut self, names: Vec<HostName>) -> Self {
        self.hosts = AllowedHosts::new(names);
        self
    }

    /// Lets other services report their accesses with this token, as `authorization: Bearer ...`; without it, a client
    /// certificate is needed.
    #[must_use]
    pub fn report_token(mut self, token: BearerToken) -> Self {
        self.reporters = Reporters::with_token(token);
        self
    }

    /// Measures the calls, the connections they come on, and whether the ledger is open.
    #[must_use]
    pub fn measured_by(mut self, metrics: Metrics) -> Self {
        metrics.ledger.set_origins(self.ledger.as_ref().map_or(0, Ledger::origins));
        self.metrics = Some(metrics);
        self
    }

    pub(crate) fn metrics(&self) -> Option<&Metrics> {
        self.metrics.as_ref()
    }

    /// The app at one worker.
    pub(crate) fn at_worker(&self, server: Arc<Identity>) -> Answers {
        let metrics = self.metrics().map(|metrics| &metrics.calls);
        let rpc = Rpc::new(self.calls.clone(), self.ledger.as_ref(), metrics);
        let (site, hosts) = (Arc::clone(&self.site), self.hosts.clone());
        let (probes, reporters) = (self.probes(), self.reporters.clone());
        let routes = Routes { rpc, site, probes, hosts, server, reporters };
        let cors = (!self.origins.is_empty()).then(|| cors(&self.origins, &self.cors_headers));
        Answers { routes: Arc::new(routes), cors }
    }

    /// What answers probes.
    pub(crate) fn probes(&self) -> Probes {
        Probes::new(self.serving.subscribe())
    }

    /// The names to which it answers.
    pub(crate) fn hosts(&self) -> AllowedHosts {
        self.hosts.clone()
    }

    /// Tells health checks and metrics whether accesses can be kept. Ready, with the reason, when they cannot be any more.
    pub(crate) async fn ledger_failed(&self) -> String {
        let Some(ledger) = &self.ledger else { return std::future::pending().await };
        let mut state = ledger.state();
        loop {
            let now = state.borrow_and_update().clone();
            let is_open = now == State::Open;
            self.serving.send_replace(if is_open { Serving::Yes } else { Serving::No });
            if let Some(metrics) = &self.metrics {
                metrics.ledger.set_open(is_open);
            }
            if let State::Failed(reason) = now {
                return reason;
            }
            if state.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Ends what would go on for ever, and tells health checks that the server is going down.
    pub(crate) fn begin_end(&self) {
        self.serving.send_replace(Serving::Ending);
        if let Some(ledger) = &self.ledger {
            ledger.close_watches();
        }
    }
}

/// Answers the requests of one worker. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Answers {
    routes: Arc<Routes>,
    cors: Option<CorsLayer>,
}

impl Answers {
    /// What the calls of one connection may take.
    pub(crate) fn share(&self) -> ConnectionShare {
        self.routes.rpc.share()
    }

    /// Answers a request of this peer, whatever it is.
    pub(crate) fn answer(
        &self,
        request: Request<Incoming>,
        peer: &Arc<Peer>,
        share: &ConnectionShare,
    ) -> Answer {
        let may_be_large = may_be_large(request.body());
        let mut request = request.map(|body| Body::new(ReadToEnd::new(body)));
        if let Err(rejected) = self.routes.hosts.check(&request, peer.is_local_in_clear()) {
            let answer = rejected.answer();
            return at_once(if request.method() == Method::HEAD { without_body(answer) } else { answer });
        }
        self.routes.reporters.authenticate(&mut request, peer);
        if may_be_large {
            request.extensions_mut().insert(share.clone());
        }
        // Nobody else asks, and what is attached to a request costs memory.
        if asks_for_connection(request.uri().path()) {
            Seen::attach(&mut request, peer, &self.routes.server);
        }
        let Some(cors) = self.cors.as_ref().filter(|_| may_be_of_another_origin(&request)) else {
            return self.routes.answer(request);
        };
        let routes = Arc::clone(&self.routes);
        let answer = cors.layer(service_fn(move |request| routes.answer(request))).oneshot(request);
        Box::pin(answer.map_ok(with_times_told))
    }
}

/// Small ones take nothing of their connection's share, and what is attached to a request costs memory.
fn may_be_large(body: &Incoming) -> bool {
    body.size_hint().upper().is_none_or(|bytes| bytes > SMALL as u64)
}

/// A browser names the origin of each POST. Answers to other methods may be stored, for whoever asks next.
fn may_be_of_another_origin<B>(request: &Request<B>) -> bool {
    request.method() != Method::POST || request.headers().contains_key(header::ORIGIN)
}

/// Who may read an answer may also read how long its parts took (W3C Resource Timing, section 4.5.1).
fn with_times_told(mut response: Response<Body>) -> Response<Body> {
    if let Some(origin) = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned() {
        response.headers_mut().insert(HeaderName::from_static("timing-allow-origin"), origin);
    }
    response
}

/// How long a browser may remember what it may send: 2 hours, the longest that Chromium does (Fetch, section 4.8).
const PREFLIGHT_AGE: Duration = Duration::from_secs(7200);

/// What a client in a browser sends and reads, over gRPC-Web (gRPC's PROTOCOL-WEB) or Connect, with its credentials and
/// its trace (W3C Trace Context).
fn cors(origins: &[Origin], headers: &[HeaderName]) -> CorsLayer {
    let name = HeaderName::from_static;
    let known = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        name("x-grpc-web"),
        name("x-user-agent"),
        name("grpc-timeout"),
        name("connect-protocol-version"),
        name("connect-timeout-ms"),
        name("traceparent"),
    ];
    let allowed: Vec<_> = known.into_iter().chain(headers.iter().cloned()).collect();
    CorsLayer::new()
        .allow_origin(origins.iter().map(Origin::value).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(allowed)
        .expose_headers([name("grpc-status"), name("grpc-message"), name("grpc-status-details-bin")])
        .max_age(PREFLIGHT_AGE)
}

struct Routes {
    rpc: Rpc,
    site: Arc<Site>,
    probes: Probes,
    hosts: AllowedHosts,
    server: Arc<Identity>,
    reporters: Reporters,
}

impl Routes {
    fn answer(&self, request: Request<Body>) -> Answer {
        let is_head = request.method() == Method::HEAD;
        let answer = self.answer_whole(request);
        if is_head { Box::pin(answer.map_ok(without_body)) } else { answer }
    }

    fn answer_whole(&self, request: Request<Body>) -> Answer {
        if self.rpc.takes(&request) {
            return self.rpc.answer(request);
        }
        let probed = self.probes.answer(&request);
        at_once(probed.unwrap_or_else(|| self.site.answer(&request)))
    }
}
