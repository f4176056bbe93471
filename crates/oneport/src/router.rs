//! Routes a request to the services, the probes or the page. Step 4 of the path of a click.

use std::sync::Arc;

use futures_util::TryFutureExt;
use http::{Method, Request};
use hyper::body::Incoming;
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::{
    cors::{may_be_cross_origin, with_timing_allowed},
    drain::DrainOnDrop,
    host::AllowedHosts,
    info::Connection,
    messages::ConnectionShare,
    page::Site,
    probes::Probes,
    response::{ResponseFuture, immediate, without_body},
    rpc::{Calls, Rpc},
};

/// Handles the requests of all connections. A clone is cheap.
#[derive(Clone)]
pub(crate) struct Router(Arc<Routes>);

/// The targets of requests, and the checks before them.
pub(crate) struct Routes {
    pub(crate) rpc: Rpc,
    pub(crate) calls: Calls,
    pub(crate) site: Site,
    pub(crate) probes: Probes,
    pub(crate) hosts: AllowedHosts,
    /// None where no other origin is allowed.
    pub(crate) cors: Option<CorsLayer>,
}

impl Router {
    pub(crate) fn new(routes: Routes) -> Self {
        Self(Arc::new(routes))
    }

    /// The share of the memory for messages that the calls of one connection have.
    pub(crate) fn connection_share(&self) -> ConnectionShare {
        self.0.calls.connection_share()
    }

    /// Handles a request of this connection.
    pub(crate) fn handle(&self, request: Request<Incoming>, connection: &Arc<Connection>) -> ResponseFuture {
        let request = request.map(|body| Body::new(DrainOnDrop::new(body)));
        if let Err(rejected) = self.0.hosts.check(&request, connection.info.is_plaintext_loopback()) {
            let response = rejected.into_response();
            let is_head = request.method() == Method::HEAD;
            return immediate(if is_head { without_body(response) } else { response });
        }
        let Some(cors) = self.0.cors.as_ref().filter(|_| may_be_cross_origin(&request)) else {
            return self.0.handle(request, connection);
        };
        let (routes, connection) = (Arc::clone(&self.0), Arc::clone(connection));
        let response =
            cors.layer(service_fn(move |request| routes.handle(request, &connection))).oneshot(request);
        Box::pin(response.map_ok(with_timing_allowed))
    }
}

impl Routes {
    fn handle(&self, request: Request<Body>, connection: &Arc<Connection>) -> ResponseFuture {
        let is_head = request.method() == Method::HEAD;
        let response = self.handle_as_get(request, connection);
        if is_head { Box::pin(response.map_ok(without_body)) } else { response }
    }

    /// Responds to HEAD as to GET, with the body.
    fn handle_as_get(&self, request: Request<Body>, connection: &Arc<Connection>) -> ResponseFuture {
        if let Some(protocol) = self.rpc.protocol(&request) {
            return self.rpc.handle(request, protocol, connection);
        }
        let probe = self.probes.handle(&request);
        immediate(probe.unwrap_or_else(|| self.site.handle(&request)))
    }
}
