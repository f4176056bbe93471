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
use tonic::{Status, body::Body};

use crate::{
    activity::{Activity, InFlight},
    app::{Answer, Answers},
    peer::Peer,
};

/// Hands the requests of one connection on.
pub(crate) struct Requests {
    pub(crate) answers: Answers,
    pub(crate) peer: Arc<Peer>,
    pub(crate) activity: Arc<Activity>,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, request: Request<Incoming>) -> ResponseFuture {
        let in_flight = Some(self.activity.begin());
        ResponseFuture { answer: self.answers.answer(request, &self.peer), in_flight }
    }
}

/// A response that is being made.
pub(crate) struct ResponseFuture {
    answer: Answer,
    in_flight: Option<InFlight>,
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.answer.as_mut().poll(context))?;
        let in_flight = self.in_flight.take();
        Poll::Ready(Ok(response.map(|body| ResponseBody { body, _in_flight: in_flight })))
    }
}

/// The body of a response, whose request is in flight until this is dropped. It is not boxed: it costs no allocation.
pub(crate) struct ResponseBody {
    body: Body,
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
