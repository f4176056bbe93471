//! What answers a request: gRPC and gRPC-Web calls are told apart from requests for the page before anything
//! else sees them. Must not know connections.

use std::{convert::Infallible, future::ready, pin::Pin, sync::Arc};

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::{
    grpc::{CallLimits, Grpc},
    page::Page,
};

/// The services and the page. A clone is cheap.
#[derive(Clone)]
pub struct App {
    routes: Arc<Routes>,
    cors: Option<CorsLayer>,
}

impl App {
    /// Puts the services and the page together.
    pub fn new(page: Page, limits: CallLimits) -> Self {
        Self { routes: Arc::new(Routes { grpc: Grpc::new(limits), page: page.into_router() }), cors: None }
    }

    /// Lets pages of these origins call the services, as `Origin` names them: `https://example.org`.
    #[must_use]
    pub fn allow_origins(mut self, origins: Vec<HeaderValue>) -> Self {
        self.cors = (!origins.is_empty()).then(|| cors(origins));
        self
    }

    /// Answers a request, whatever it is.
    pub(crate) fn answer(&self, request: Request<Incoming>) -> Answer {
        let Some(cors) = &self.cors else { return self.routes.answer(request) };
        let routes = Arc::clone(&self.routes);
        Box::pin(cors.layer(service_fn(move |request| routes.answer(request))).oneshot(request))
    }
}

/// An answer that is being made.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// What a gRPC-Web client sends and reads (gRPC's PROTOCOL-WEB).
fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::POST])
        .allow_headers([header::CONTENT_TYPE, name("x-grpc-web"), name("x-user-agent"), name("grpc-timeout")])
        .expose_headers([name("grpc-status"), name("grpc-message"), name("grpc-status-details-bin")])
}

struct Routes {
    grpc: Grpc,
    page: axum::Router,
}

impl Routes {
    fn answer(&self, request: Request<Incoming>) -> Answer {
        if request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST) {
            // RFC 9112, section 3.2.
            return at_once(refuse(StatusCode::BAD_REQUEST, "The request has no Host header."));
        }
        if self.grpc.takes(&request) {
            return self.grpc.answer(request.map(Body::new));
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
