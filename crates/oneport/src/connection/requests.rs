//! The requests of one connection, each in flight until its response is finished. Independent of what they are about.

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

/// The requests of one connection.
pub(super) struct Requests {
    pub(super) router: Router,
    pub(super) activity: Arc<Activity>,
    pub(super) connection: Arc<Connection>,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response<OutboundBody>;
    type Error = Infallible;
    type Future = InFlightFuture;

    fn call(&self, request: Request<Incoming>) -> InFlightFuture {
        let (in_flight, outbound) = (Some(self.activity.begin()), Arc::clone(&self.connection.outbound));
        InFlightFuture { response: self.router.handle(request, &self.connection), in_flight, outbound }
    }
}

/// The response to a request in flight.
pub(super) struct InFlightFuture {
    response: ResponseFuture,
    in_flight: Option<InFlight>,
    outbound: Arc<Outbound>,
}

impl Future for InFlightFuture {
    type Output = Result<Response<OutboundBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.response.as_mut().poll(context))?;
        let (outbound, in_flight) = (Arc::clone(&self.outbound), self.in_flight.take());
        Poll::Ready(Ok(response.map(|body| OutboundBody::new(body, outbound, in_flight))))
    }
}
