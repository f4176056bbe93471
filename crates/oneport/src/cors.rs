//! Cross-origin calls (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).

use std::time::Duration;

use http::{HeaderName, Method, Request, Response, header};
use tonic::body::Body;
use tower_http::cors::CorsLayer;

use crate::origin::Origin;

/// How long a browser may cache a preflight response: 2 hours, the longest that Chromium does (Fetch, section 4.8).
const PREFLIGHT_AGE: Duration = Duration::from_secs(7200);

/// Allows these origins the headers of gRPC-Web (gRPC's PROTOCOL-WEB) and of Connect, `authorization`, `traceparent` (W3C Trace
/// Context), and `headers`.
pub(crate) fn cors_layer(origins: &[Origin], headers: &[HeaderName]) -> CorsLayer {
    let name = HeaderName::from_static;
    let standard = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        name("x-grpc-web"),
        name("x-user-agent"),
        name("grpc-timeout"),
        name("connect-protocol-version"),
        name("connect-timeout-ms"),
        name("traceparent"),
    ];
    let allowed: Vec<_> = standard.into_iter().chain(headers.iter().cloned()).collect();
    CorsLayer::new()
        .allow_origin(origins.iter().map(Origin::value).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(allowed)
        .expose_headers([name("grpc-status"), name("grpc-message"), name("grpc-status-details-bin")])
        .max_age(PREFLIGHT_AGE)
}

/// Whether a request may be sent by a page of another origin. Browsers send `origin` with every POST. Responses to other
/// methods may be cached, and reused for other origins.
pub(crate) fn may_be_cross_origin<B>(request: &Request<B>) -> bool {
    request.method() != Method::POST || request.headers().contains_key(header::ORIGIN)
}

/// Allows the origin that may read the response to read its timing too (W3C Resource Timing, section 4.5.1).
pub(crate) fn with_timing_allowed(mut response: Response<Body>) -> Response<Body> {
    if let Some(origin) = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).cloned() {
        response.headers_mut().insert(HeaderName::from_static("timing-allow-origin"), origin);
    }
    response
}
