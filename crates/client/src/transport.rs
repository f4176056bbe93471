//! What carries the generated clients' calls: HTTP over dialled connections, as gRPC or as gRPC-Web. An answer that
//! is neither is told apart here, where its HTTP status is still known.

use std::{
    error::Error,
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use tonic::{Status, body::Body};
use tonic_web::GrpcWebClientLayer;
use tower::{Service, ServiceBuilder, ServiceExt, util::BoxCloneSyncService};

use crate::{Tap, Target, connector::Dialer, error::causes, stream::End};

/// How calls travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC over HTTP/2.
    #[default]
    Grpc,
    /// gRPC-Web, as a browser does it.
    GrpcWeb,
}

type BoxError = Box<dyn Error + Send + Sync>;

/// An answer that is not of the protocol.
#[derive(Debug)]
pub(crate) struct NotGrpc {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
}

impl fmt::Display for NotGrpc {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HTTP {}, {}", self.status, self.content_type)
    }
}

impl Error for NotGrpc {}

/// Why an answer ended early, in plain words: gRPC-Web's layer keeps no more of it than these.
#[derive(Debug)]
struct Cut(Status);

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.source() {
            Some(source) => formatter.write_str(&causes(source)),
            None => formatter.write_str(self.0.message()),
        }
    }
}

/// How h2 words that a connection is closed and a stream on it has no end, whoever closed it.
const CLOSED: &str = "broken pipe";

/// The pings on a connection had no answer. Worded as hyper does where it tells.
#[derive(Debug)]
struct KeepAliveTimedOut;

impl fmt::Display for KeepAliveTimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("keep-alive timed out")
    }
}

impl Error for KeepAliveTimedOut {}

/// The response, whose body fails with [`KeepAliveTimedOut`] where hyper closes the connection for that: it tells the
/// calls that wait for a response, and no stream.
fn explained(response: Response<Incoming>) -> Response<Body> {
    let end = response.extensions().get::<End>().cloned();
    response.map(|body| {
        Body::new(body.map_err(move |error| -> BoxError {
            let is_closed_here = end.as_ref().is_some_and(|end| !end.is_reached());
            if is_closed_here && causes(&error).contains(CLOSED) {
                return KeepAliveTimedOut.into();
            }
            error.into()
        }))
    })
}

/// Carries calls to one server. A clone shares its connections.
#[derive(Clone, Debug)]
pub(crate) struct Transport(BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>);

impl Transport {
    /// What calls carry is noted in `tap`.
    pub(crate) fn new(target: &Target, protocol: Protocol, tap: Option<Tap>) -> Self {
        let is_grpc = protocol == Protocol::Grpc;
        let keep_alive = target.keep_alive();
        let http = legacy::Client::builder(TokioExecutor::new())
            .http2_only(is_grpc)
            .timer(TokioTimer::new())
            // Closes what nobody has used for a while (90 seconds), so that it is not pinged for ever.
            .pool_timer(TokioTimer::new())
            .http2_keep_alive_interval(keep_alive.interval)
            .http2_keep_alive_timeout(keep_alive.timeout)
            // Else hyper 1.12 may never look whether there is a stream: nothing wakes it.
            .http2_keep_alive_while_idle(true)
            // An access counts: a call is never sent twice.
            .retry_canceled_requests(false)
            .build::<_, Body>(Dialer::new(target, is_grpc));
        let (sent, received) = (tap.clone(), tap);
        let http = ServiceBuilder::new()
            .map_request(move |request| match &sent {
                Some(tap) => tap.request(request),
                None => request,
            })
            .map_response(move |response| match &received {
                Some(tap) => tap.response(explained(response)),
                None => explained(response),
            })
            .map_err(BoxError::from)
            .service(http);
        Self(match protocol {
            Protocol::Grpc => BoxCloneSyncService::new(checked(http, "application/grpc")),
            Protocol::GrpcWeb => {
                let http = ServiceBuilder::new()
                    .map_response(|response: Response<Body>| response.map(|body| body.map_err(Cut)))
                    .map_request(|request: Request<_>| request.map(Body::new))
                    .service(checked(http, "application/grpc-web"));
                BoxCloneSyncService::new(
                    ServiceBuilder::new()
                        .map_response(|response: Response<_>| response.map(Body::new))
                        .layer(GrpcWebClientLayer::new())
                        .service(http),
                )
            }
        })
    }
}

/// Fails with [`NotGrpc`] for an answer of another content type.
fn checked<S>(
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

impl Service<Request<Body>> for Transport {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future =
        <BoxCloneSyncService<Request<Body>, Response<Body>, BoxError> as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}
