//! Health over HTTP GET, for load balancers and Kubernetes: `/healthz` (liveness) and `/readyz` (readiness). The same is
//! served over gRPC by `grpc.health.v1.Health`.

use std::sync::Arc;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tokio::sync::watch;
use tonic::body::Body;

use crate::{
    health::{Health, HealthState, States},
    response::{method_not_allowed, text_response},
};

/// Responds to probes. A clone is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Probes(watch::Receiver<Arc<States>>);

impl Probes {
    pub(crate) fn new(health: &Health) -> Self {
        Self(health.subscribe())
    }

    /// The response to a probe; none for any other request.
    pub(crate) fn handle<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let is_healthy = match request.uri().path() {
            // A process that responds is alive.
            "/healthz" => true,
            "/readyz" => self.0.borrow().server() == HealthState::Serving,
            _ => return None,
        };
        Some(match *request.method() {
            Method::GET | Method::HEAD => health_response(is_healthy),
            _ => method_not_allowed("Health is read with GET.", "GET, HEAD"),
        })
    }
}

fn health_response(is_healthy: bool) -> Response<Body> {
    let (status, line) =
        if is_healthy { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "not serving") };
    let mut response = text_response(status, line);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
