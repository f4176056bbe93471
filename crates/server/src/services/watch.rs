//! `AccessService.ListAccessCounts` and `WatchAccessCounts`: answered with messages that all callers share (`states.rs`),
//! where generated code would copy them for each.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderValue, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use increment_access::Ledger;
use increment_proto::v1::{
    ListAccessCountsRequest, WatchAccessCountsRequest,
    access_service_server::{AccessServiceServer, SERVICE_NAME},
};
use prost::Message;
use tonic::{Status, body::Body, server::NamedService};
use tower::Service;

use super::{
    access::{Access, counting},
    states::States,
};
use crate::{
    messages::HEAD,
    reporters,
    response::{Answer, at_once},
};

/// The paths of the calls.
const LIST: &str = "/increment.v1.AccessService/ListAccessCounts";
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

/// The access service: what tells the counts is answered here, all else by the generated code, where a report's caller is
/// known.
#[derive(Clone, Debug)]
pub(crate) struct AccessCalls {
    ledger: Option<Ledger>,
    states: States,
    others: AccessServiceServer<Access>,
}

impl AccessCalls {
    pub(crate) fn new(ledger: Option<Ledger>) -> Self {
        let others = AccessServiceServer::new(Access::new(ledger.clone()));
        Self { ledger, states: States::default(), others }
    }

    async fn list(self, request: http::Request<Body>) -> Result<http::Response<Body>, Status> {
        let _: ListAccessCountsRequest = message(request).await?;
        let ledger = counting(self.ledger.as_ref())?;
        let state = self.states.now(ledger).await?;
        Ok(self.answer(stream::iter([Ok(state.frame), Err(Status::ok(""))])))
    }

    async fn watch(self, request: http::Request<Body>) -> Result<http::Response<Body>, Status> {
        let _: WatchAccessCountsRequest = message(request).await?;
        let ledger = counting(self.ledger.as_ref())?.clone();
        let states = watch(self.states.clone(), ledger);
        Ok(self.answer(states))
    }

    /// An answer of these messages and the status at their end.
    fn answer(
        &self,
        messages: impl Stream<Item = Result<Bytes, Status>> + Send + 'static,
    ) -> http::Response<Body> {
        let frames = messages.map(|message| match message {
            Ok(message) => Ok(Frame::data(message)),
            Err(status) => {
                let mut trailers = HeaderMap::new();
                status.add_header(&mut trailers).map(|()| Frame::trailers(trailers))
            }
        });
        let mut answer = http::Response::new(Body::new(StreamBody::new(frames)));
        let grpc = HeaderValue::from_static("application/grpc");
        answer.headers_mut().insert(header::CONTENT_TYPE, grpc);
        answer.extensions_mut().insert(self.states.forms.clone());
        answer
    }
}

impl NamedService for AccessCalls {
    const NAME: &'static str = SERVICE_NAME;
}

impl Service<http::Request<Body>> for AccessCalls {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        let path = request.uri().path();
        // Before the generated code reads anything of a message.
        if reporters::is_report(path)
            && let Err(status) = reporters::check(&request)
        {
            return at_once(status.into_http());
        }
        let this = self.clone();
        match path {
            LIST => Box::pin(async { Ok(this.list(request).await.unwrap_or_else(Status::into_http)) }),
            WATCH => Box::pin(async { Ok(this.watch(request).await.unwrap_or_else(Status::into_http)) }),
            _ => self.others.call(request),
        }
    }
}

/// The states, each newer than the one before, and at the end the reason.
fn watch(states: States, ledger: Ledger) -> impl Stream<Item = Result<Bytes, Status>> {
    let begin = Some((states, ledger.watch(), ledger, None));
    stream::unfold(begin, |watching| async move {
        let (states, mut watch, ledger, told) = watching?;
        loop {
            let Some(counts) = watch.next().await else {
                return Some((Err(Status::unavailable("the server is shutting down; watch again")), None));
            };
            match states.encoded(&ledger, counts).await {
                // It was told before its turn.
                Ok(state) if told.as_ref().is_some_and(|told| state.is(told)) => {}
                Ok(state) => {
                    return Some((Ok(state.frame.clone()), Some((states, watch, ledger, Some(state)))));
                }
                Err(status) => return Some((Err(status), None)),
            }
        }
    })
}

/// The message of a request, as services get it: one with its head. Fails with INTERNAL where it is none.
async fn message<M: Message + Default>(request: http::Request<Body>) -> Result<M, Status> {
    let frame = request.into_body().collect().await?.to_bytes();
    let message = M::decode(frame.get(HEAD..).unwrap_or_default());
    message.map_err(|error| Status::internal(error.to_string()))
}
