//! The address for metrics: `GET /metrics` and probes, without TLS. A connection is for one request and for a limited time, so
//! that no peer can hold one open. Independent of what is measured.

use std::{collections::VecDeque, convert::Infallible, future::ready, time::Duration};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use tonic::body::Body;

use super::registry::Metrics;
use crate::{
    host::AllowedHosts,
    info::is_loopback,
    limits::ACCEPT_PAUSE,
    probes::Probes,
    response::{method_not_allowed, text_response},
};

const PATH: &str = "/metrics";

/// The most connections at once; at another, the oldest one is closed.
const CONNECTIONS: usize = 64;

/// Serves metrics until it is dropped, with all its connections. Each may last `time`.
pub(crate) async fn serve(listener: TcpListener, router: &MetricsRouter, time: Duration) {
    let mut connections = JoinSet::new();
    let mut oldest_first = VecDeque::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if oldest_first.len() == CONNECTIONS
                        && let Some(oldest) = oldest_first.pop_front()
                    {
                        AbortHandle::abort(&oldest);
                    }
                    oldest_first.push_back(connections.spawn(serve_one(stream, router.clone(), time)));
                }
                Err(error) => {
                    tracing::debug!("cannot accept a connection for metrics: {error}");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

async fn serve_one(stream: TcpStream, router: MetricsRouter, time: Duration) {
    let is_local = stream.local_addr().is_ok_and(is_loopback);
    let service = service_fn(|request| ready(Ok::<_, Infallible>(router.handle(&request, is_local))));
    let connection = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    match timeout(time, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("connection for metrics ended: {error}"),
        Err(_) => tracing::debug!("connection for metrics ended: it took more than {time:?}"),
    }
}

/// Handles requests at the address for metrics. A clone is cheap.
#[derive(Clone)]
pub(crate) struct MetricsRouter {
    pub(crate) metrics: Metrics,
    pub(crate) probes: Probes,
    pub(crate) hosts: AllowedHosts,
}

impl MetricsRouter {
    fn handle(&self, request: &Request<Incoming>, is_local: bool) -> Response<Body> {
        if let Err(rejected) = self.hosts.check(request, is_local) {
            return rejected.into_response();
        }
        if let Some(response) = self.probes.handle(request) {
            return response;
        }
        if request.uri().path() != PATH {
            return text_response(
                StatusCode::NOT_FOUND,
                "There is nothing here. The metrics are at /metrics.",
            );
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return method_not_allowed("The metrics are read with GET.", "GET, HEAD");
        }
        let mut response = Response::new(Body::new(self.metrics.text()));
        let text = HeaderValue::from_static(prometheus::TEXT_FORMAT);
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        response
    }
}
