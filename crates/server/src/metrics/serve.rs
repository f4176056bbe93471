//! The metrics' own address: `GET /metrics` in clear. A connection is for one request and for a limited time, so that
//! no peer holds on to it. Must not know what is measured.

use std::{convert::Infallible, future::ready, time::Duration};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tonic::body::Body;

use super::Metrics;
use crate::{app::refuse, serve::ACCEPT_PAUSE};

/// Where they are.
const PATH: &str = "/metrics";

/// The most connections at once; others wait until one ends.
const CONNECTIONS: usize = 64;

/// Serves metrics until it is dropped, and all its connections with it. Each may take `time` from begin to end.
pub(crate) async fn serve(listener: TcpListener, metrics: &Metrics, time: Duration) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = open.join_next() => {}
            accepted = listener.accept(), if open.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    open.spawn(serve_one(stream, metrics.clone(), time));
                }
                Err(error) => {
                    tracing::debug!("cannot accept a connection for metrics: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

async fn serve_one(stream: TcpStream, metrics: Metrics, time: Duration) {
    let service = service_fn(|request| ready(Ok::<_, Infallible>(answer(&request, &metrics))));
    let connection = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    match timeout(time, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("connection for metrics ended: {error}"),
        Err(_) => tracing::debug!("connection for metrics ended: it took more than {time:?}"),
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Body> {
    if request.uri().path() != PATH {
        return refuse(StatusCode::NOT_FOUND, "There is nothing here. The metrics are at /metrics.");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return refuse_method();
    }
    let mut response = Response::new(Body::new(metrics.text()));
    let text = HeaderValue::from_static(prometheus::TEXT_FORMAT);
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

fn refuse_method() -> Response<Body> {
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "The metrics are read with GET.");
    // RFC 9110, section 15.5.6.
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}
