//! Checks the content type of HTTP responses, and adds the cause to errors of response bodies.

use std::{error::Error, fmt};

use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tonic::{Status, body::Body};
use tower::{Service, ServiceExt};

use crate::{causes, stream::PeerClosed};

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// A response whose content type is not of the protocol.
#[derive(Debug, thiserror::Error)]
#[error("HTTP {status}, {content_type}")]
pub(crate) struct NotGrpc {
    status: StatusCode,
    content_type: String,
}

/// Returns a service that fails with [`NotGrpc`] for a response of another media type.
pub(crate) fn with_media_type<S>(
    http: S,
    media_type: &'static str,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send> + Clone + Send + Sync
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
        + Clone
        + Send
        + Sync,
{
    http.map_result(move |result: Result<Response<Body>, BoxError>| {
        let response = result?;
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or("no content type");
        if content_type.starts_with(media_type) {
            return Ok(response);
        }
        Err(NotGrpc { status: response.status(), content_type: content_type.into() }.into())
    })
}

/// An error of a response body as text, which is all that tonic-web reports of it.
#[derive(Debug)]
pub(crate) struct BodyError(pub(crate) Status);

impl fmt::Display for BodyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.source() {
            Some(source) => formatter.write_str(&causes::messages(source)),
            None => formatter.write_str(self.0.message()),
        }
    }
}

/// h2's text for a stream on a closed connection, whichever side closed it.
const CLOSED: &str = "broken pipe";

/// The keep-alive pings of the connection were not acknowledged. The text is hyper's.
#[derive(Debug, thiserror::Error)]
#[error("keep-alive timed out")]
struct KeepAliveTimedOut;

/// Makes the body fail with [`KeepAliveTimedOut`] if hyper closes the connection for that reason. hyper reports the reason
/// to calls that await their response headers, and to no stream.
pub(crate) fn with_keep_alive_errors(response: Response<Incoming>) -> Response<Body> {
    let peer_closed = response.extensions().get::<PeerClosed>().cloned();
    response.map(|body| {
        Body::new(body.map_err(move |error| -> BoxError {
            let is_closed_here = peer_closed.as_ref().is_some_and(|peer_closed| !peer_closed.get());
            if is_closed_here && causes::messages(&error).contains(CLOSED) {
                return KeepAliveTimedOut.into();
            }
            error.into()
        }))
    })
}
