//! Constructors for simple responses.

use std::{convert::Infallible, future::ready, pin::Pin};

use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body as _;
use tonic::body::Body;

/// The future of a response, boxed once per request.
pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// A future that is ready with this response.
pub(crate) fn immediate(response: Response<Body>) -> ResponseFuture {
    Box::pin(ready(Ok(response)))
}

/// A response with this status and one line of text.
pub(crate) fn text_response(status: StatusCode, line: &str) -> Response<Body> {
    let mut response = Response::new(Body::new(format!("{line}\n")));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

/// The response to a method other than those allowed, such as `GET, HEAD` (RFC 9110, section 15.5.6).
pub(crate) fn method_not_allowed(line: &str, allowed: &'static str) -> Response<Body> {
    let mut response = text_response(StatusCode::METHOD_NOT_ALLOWED, line);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// The response to HEAD, from that to GET: without the body, with its length (RFC 9110, section 9.3.2).
pub(crate) fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact().filter(|_| parts.status != StatusCode::NOT_MODIFIED) {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}
