//! What answers a request: calls are told apart from requests for the page before anything
//! else sees them. Must not know connections.

use std::{convert::Infallible, future::ready, pin::Pin, sync::Arc};

use futures_util::TryFutureExt;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use increment_access::{Counter, Ledger, Methods, MethodsError, State};
use tokio::sync::watch;
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::{
    messages::CallLimits,
    metrics::Metrics,
    page::Page,
    peer::{Identity, Peer, Seen},
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
    page: axum::Router,
    cors: Option<CorsLayer>,
    ledger: Option<Ledger>,
    metrics: Option<Metrics>,
    serving: watch::Sender<Serving>,
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
        Self { calls, page: page.into_router(), cors: None, ledger, metrics: None, serving }
    }

    /// Lets pages of these origins call the services, as `Origin` names them: `https://example.org`.
    #[must_use]
    pub fn allow_origins(mut self, origins: Vec<HeaderValue>) -> Self {
        self.cors = (!origins.is_empty()).then(|| cors(origins));
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

    /// A counter for the calls of one worker.
    pub(crate) fn counter(&self) -> Option<Counter> {
        self.ledger.as_ref().map(Ledger::counter)
    }

    /// The app at one worker, with its counter.
    pub(crate) fn at_worker(&self, counter: Option<&Counter>, server: Arc<Identity>) -> Answers {
        let metrics = self.metrics().map(|metrics| &metrics.calls);
        let rpc = Rpc::new(self.calls.clone(), counter, metrics);
        let routes = Routes { rpc, page: self.page.clone(), server };
        Answers { routes: Arc::new(routes), cors: self.cors.clone() }
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
            ledger.end_watches();
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
    /// Answers a request of this peer, whatever it is.
    pub(crate) fn answer(&self, mut request: Request<Incoming>, peer: &Arc<Peer>) -> Answer {
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

/// An answer that is being made.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// A browser names the origin of each POST. Answers to other methods may be stored, for whoever asks next.
fn may_be_of_another_origin(request: &Request<Incoming>) -> bool {
    request.method() != Method::POST || request.headers().contains_key(header::ORIGIN)
}

/// Who may read an answer may also read how long its parts took (W3C Resource Timing, section 4.5.1).
fn with_times_told(mut response: Response<Body>) -> Response<Body> {
    if let Some(origin) = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned() {
        response.headers_mut().insert(HeaderName::from_static("timing-allow-origin"), origin);
    }
    response
}

/// What a client in a browser sends and reads, over gRPC-Web (gRPC's PROTOCOL-WEB) or Connect.
fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            name("x-grpc-web"),
            name("x-user-agent"),
            name("grpc-timeout"),
            name("connect-protocol-version"),
            name("connect-timeout-ms"),
        ])
        .expose_headers([name("grpc-status"), name("grpc-message"), name("grpc-status-details-bin")])
}

struct Routes {
    rpc: Rpc,
    page: axum::Router,
    server: Arc<Identity>,
}

impl Routes {
    fn answer(&self, request: Request<Incoming>) -> Answer {
        if request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST) {
            // RFC 9112, section 3.2.
            return at_once(refuse(StatusCode::BAD_REQUEST, "The request has no Host header."));
        }
        let request = request.map(|body| Body::new(ReadToEnd::new(body)));
        if self.rpc.takes(&request) {
            return self.rpc.answer(request);
        }
        let page = self.page.clone().oneshot(request);
        Box::pin(async { Ok(page.await?.map(Body::new)) })
    }
}

/// An HTTP error with one line for a person to read.
pub(crate) fn refuse(status: StatusCode, line: &str) -> Response<Body> {
    let mut response = Response::new(Body::new(format!("{line}\n")));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

/// An answer that needs no making.
pub(crate) fn at_once(response: Response<Body>) -> Answer {
    Box::pin(ready(Ok(response)))
}
