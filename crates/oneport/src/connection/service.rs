//! The hyper service of one connection: passes its requests to the router, and counts each as in flight until its response
//! is finished.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use hyper::{Request, Response, body::Incoming, service::Service};

use crate::{
    activity::{Activity, InFlight},
    info::Connection,
    outbound::{Outbound, OutboundBody},
    response::ResponseFuture,
    router::Router,
};

/// Handles the requests of one connection.
pub(super) struct ConnectionService {
    pub(super) router: Router,
    pub(super) activity: Arc<Activity>,
    pub(super) connection: Arc<Connection>,
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response<OutboundBody>;
    type Error = Infallible;
    type Future = InFlightResponse;

    fn call(&self, request: Request<Incoming>) -> InFlightResponse {
        let guards = Some((Arc::clone(&self.connection.outbound), self.activity.begin_request()));
        InFlightResponse { response: self.router.handle(request, &self.connection), guards }
    }
}

/// The response to a request in flight.
pub(super) struct InFlightResponse {
    response: ResponseFuture,
    /// Moved into the response's body.
    guards: Option<(Arc<Outbound>, InFlight)>,
}

impl Future for InFlightResponse {
    type Output = Result<Response<OutboundBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.response.as_mut().poll(context))?;
        let (outbound, in_flight) = self.guards.take().expect("hyper polls no future that is done");
        Poll::Ready(Ok(response.map(|body| OutboundBody::new(body, outbound, in_flight))))
    }
}
