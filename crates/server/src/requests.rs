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
    app::Answers,
    messages::ConnectionShare,
    outbound::{Outbound, OutboundBody},
    peer::Peer,
    response::Answer,
};

/// Hands the requests of one connection on.
pub(crate) struct Requests {
    pub(crate) answers: Answers,
    pub(crate) peer: Arc<Peer>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) share: ConnectionShare,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response<OutboundBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, mut request: Request<Incoming>) -> ResponseFuture {
        let (in_flight, outbound) = (Some(self.activity.begin()), Arc::clone(&self.outbound));
        request.extensions_mut().insert(Arc::clone(&outbound));
        ResponseFuture { answer: self.answers.answer(request, &self.peer, &self.share), in_flight, outbound }
    }
}

/// A response that is being made.
pub(crate) struct ResponseFuture {
    answer: Answer,
    in_flight: Option<InFlight>,
    outbound: Arc<Outbound>,
}

impl Future for ResponseFuture {
    type Output = Result<Response<OutboundBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.answer.as_mut().poll(context))?;
        let (outbound, in_flight) = (Arc::clone(&self.outbound), self.in_flight.take());
        Poll::Ready(Ok(response.map(|body| OutboundBody::new(body, outbound, in_flight))))
    }
}
