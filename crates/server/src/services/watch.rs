//! `AccessService.WatchAccessCounts`: each state is encoded once, for all who watch. As generated code would do it, a
//! thousand watchers would cost a thousand times the encoding, ten times a second, and delay the calls beside them.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::{BufMut, Bytes};
use futures_util::{Stream, stream};
use increment_access::{Counts, Ledger};
use increment_proto::v1::{
    WatchAccessCountsRequest, WatchAccessCountsResponse,
    access_service_server::{AccessServiceServer, SERVICE_NAME},
};
use prost::Message;
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{BufferSettings, Codec, EncodeBuf, Encoder},
    server::{Grpc, NamedService, ServerStreamingService},
};
use tonic_prost::ProstDecoder;
use tower::Service;

use super::access::{Access, durability, told};
use crate::app::Answer;

/// The path of the call.
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

/// The access service: watches are answered here, all else by the generated code.
#[derive(Clone, Debug)]
pub(crate) struct AccessCalls {
    watches: Watches,
    others: AccessServiceServer<Access>,
}

impl AccessCalls {
    pub(crate) fn new(ledger: Option<Ledger>) -> Self {
        Self { watches: Watches::new(ledger.clone()), others: AccessServiceServer::new(Access::new(ledger)) }
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
        if request.uri().path() != WATCH {
            return self.others.call(request);
        }
        let watches = self.watches.clone();
        Box::pin(async move { Ok(watches.answer(request).await) })
    }
}

/// Answers watches. A clone shares what is encoded.
#[derive(Clone, Debug)]
struct Watches {
    ledger: Option<Ledger>,
    newest: Arc<Mutex<Option<State>>>,
}

/// A state, and the message that tells it.
#[derive(Debug)]
struct State {
    counts: Arc<Counts>,
    message: Bytes,
}

impl Watches {
    fn new(ledger: Option<Ledger>) -> Self {
        Self { ledger, newest: Arc::default() }
    }

    async fn answer(&self, request: http::Request<Body>) -> http::Response<Body> {
        Grpc::new(Encoded).server_streaming(self.clone(), request).await
    }

    fn encoded(&self, ledger: &Ledger, counts: Arc<Counts>) -> Bytes {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(State { counts: known, message }) = &*newest
            && Arc::ptr_eq(known, &counts)
        {
            return message.clone();
        }
        let rows = counts.rows.iter().map(told).collect();
        let response =
            WatchAccessCountsResponse { total: counts.total, rows, durability: durability(ledger) };
        let message = Bytes::from(response.encode_to_vec());
        *newest = Some(State { counts, message: message.clone() });
        message
    }

    fn watch(self, ledger: Ledger) -> impl Stream<Item = Result<Bytes, Status>> {
        stream::unfold(Some((self, ledger.watch(), ledger)), |watching| async move {
            let (watches, mut watch, ledger) = watching?;
            match watch.next().await {
                Some(counts) => {
                    let message = watches.encoded(&ledger, counts);
                    Some((Ok(message), Some((watches, watch, ledger))))
                }
                None => Some((Err(Status::unavailable("the server is shutting down; watch again")), None)),
            }
        })
    }
}

impl ServerStreamingService<WatchAccessCountsRequest> for Watches {
    type Response = Bytes;
    type ResponseStream = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;
    type Future = std::future::Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, _: Request<WatchAccessCountsRequest>) -> Self::Future {
        let watch = super::access::counting(self.ledger.as_ref()).map(|ledger| {
            let states: Self::ResponseStream = Box::pin(self.clone().watch(ledger.clone()));
            Response::new(states)
        });
        std::future::ready(watch)
    }
}

/// Messages that are encoded already.
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = WatchAccessCountsRequest;
    type Encoder = Self;
    type Decoder = ProstDecoder<WatchAccessCountsRequest>;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(BufferSettings::default())
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}
