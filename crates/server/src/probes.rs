//! Health for those who ask by a plain GET, as load balancers and Kubernetes do: `/healthz` and `/readyz`. The same is told
//! over gRPC by `grpc.health.v1.Health`.

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tokio::sync::watch;
use tonic::body::Body;

use crate::{
    response::{refuse, refuse_method},
    services::Serving,
};

/// Answers probes. A clone is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Probes(watch::Receiver<Serving>);

impl Probes {
    pub(crate) fn new(serving: watch::Receiver<Serving>) -> Self {
        Self(serving)
    }

    /// The answer to a probe; none where the request is something else.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let is_well = match request.uri().path() {
            // Who answers lives.
            "/healthz" => true,
            "/readyz" => *self.0.borrow() == Serving::Yes,
            _ => return None,
        };
        Some(match *request.method() {
            Method::GET | Method::HEAD => told(is_well),
            _ => refuse_method("Health is asked for with GET.", "GET, HEAD"),
        })
    }
}

fn told(is_well: bool) -> Response<Body> {
    let (status, line) = if is_well {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "calls are not answered")
    };
    let mut response = refuse(status, line);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
