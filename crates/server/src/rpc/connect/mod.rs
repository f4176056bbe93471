//! Connect's protocol, plain JSON among it (connectrpc.com/docs/protocol): translated to gRPC and back, for every
//! method of every service alike. Between steps 4 and 5 of a click's way. Must not know what the services do.

mod answer;
mod error;
mod query;
mod refusal;
mod request;
mod stream;

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use tonic::body::Body;
use tower::Service;

use self::request::Call;
use super::{Calls, Measured};
use crate::response::{Answer, at_once};

/// All services, over Connect, for the connections of one worker.
pub(crate) struct Connect {
    calls: Calls,
    service: Measured,
    /// The same, but calls are not counted.
    uncounted: Measured,
}

impl Connect {
    pub(crate) fn new(service: Measured, uncounted: Measured, calls: Calls) -> Self {
        Self { calls, service, uncounted }
    }

    /// Whether a request that is not gRPC is a call: by its content type, or else by its path.
    pub(crate) fn takes<B>(&self, request: &Request<B>) -> bool {
        self.calls.serves(request.uri().path()) || request::is_connect(request.headers())
    }

    /// Answers a call, or a request that fails to be one.
    pub(crate) fn answer(&self, request: Request<Body>) -> Answer {
        let path = request.uri().path().to_owned();
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_counted = !is_safe || !is_cross_site(request.headers());
        let budget = self.calls.budget(&request);
        let (call, request) = match Call::read(request, self.calls.method(&path), budget) {
            Ok(read) => read,
            Err(refusal) => return at_once(refusal.answer()),
        };
        let service = if is_counted { &self.service } else { &self.uncounted };
        let answer = service.clone().call(request);
        Box::pin(async { Ok(call.answer(answer.await?).await) })
    }
}

/// Whether a page of another site had a browser send a request with GET, as any page may, with an image's address for
/// one. Such a request may read and change nothing, not even a count. Browsers say where a request comes from (W3C Fetch
/// Metadata, `Sec-Fetch-Site`); older ones name an origin where that is another one.
fn is_cross_site(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site != "same-origin" && site != "none",
        None => headers.contains_key(header::ORIGIN),
    }
}

/// An answer in this media type.
fn response(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = http::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}
