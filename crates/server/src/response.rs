//! Answers that say one thing.

use std::{convert::Infallible, future::ready, pin::Pin};

use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body as _;
use tonic::body::Body;

/// An answer that is being made.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// An answer that needs no making.
pub(crate) fn at_once(response: Response<Body>) -> Answer {
    Box::pin(ready(Ok(response)))
}

/// An HTTP error with one line for a person to read.
pub(crate) fn refuse(status: StatusCode, line: &str) -> Response<Body> {
    let mut response = Response::new(Body::new(format!("{line}\n")));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

/// The answer to another method than those allowed, such as `GET, HEAD` (RFC 9110, section 15.5.6).
pub(crate) fn refuse_method(line: &str, allowed: &'static str) -> Response<Body> {
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, line);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// The answer to GET, as HEAD has it: without its body, of which the length is known all the same.
pub(crate) fn without_body(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact().filter(|_| parts.status != StatusCode::NOT_MODIFIED) {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}
