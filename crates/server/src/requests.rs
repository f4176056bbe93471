//! The requests of one connection, each in flight until its response is finished. Independent of what they are about.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::{Request, Response, body::Incoming, service::Service};
use tonic::Status;

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
    type Response = Response<ResponseBody>;
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
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.answer.as_mut().poll(context))?;
        let (in_flight, outbound) = (self.in_flight.take(), Arc::clone(&self.outbound));
        let keep = |body| ResponseBody { body: OutboundBody::new(body, outbound), _in_flight: in_flight };
        Poll::Ready(Ok(response.map(keep)))
    }
}

/// The body of a response, whose request is in flight until this is dropped. It is not boxed: it costs no allocation.
pub(crate) struct ResponseBody {
    body: OutboundBody,
    _in_flight: Option<InFlight>,
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
