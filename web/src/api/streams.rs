//! Calls apart from a click's way, over the browser's `fetch`: each has a stream of answers, if only of one. They share one
//! client for messages of any kind: of the generated ones, each method would cost the page 2 kilobytes.

use std::any::Any;

use increment_proto::v1::{CountUpRequest, CountUpResponse};
use prost::{DecodeError, Message, bytes::BufMut};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};
use tonic_web_wasm_client::Client;

use super::{
    browser::{own_base, surroundings},
    status::failure,
};
use crate::state::{count_up::Order, failure::Failure};

/// The address of this method below a base URL.
pub(super) const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";

/// Tells each value as it comes, until the service ends the stream.
///
/// Fails with a [`Failure`] that says who failed. Dropped, it breaks the request off, and the service stops.
pub async fn count_up(order: Order, tell: impl Fn(i64)) -> Result<(), Failure> {
    let window = web_sys::window().expect("a page runs in a window");
    let Order { start, steps, interval_ms } = order;
    let request = CountUpRequest { start, steps, interval_ms };
    let base = own_base(&window);
    let answered = answers(&base, COUNT_UP, &request, |answer: CountUpResponse| tell(answer.result)).await;
    answered.map_err(|status| failure(&status, surroundings(&window)))
}

/// Calls a method of the server at `base`, and tells each of its answers.
pub(super) async fn answers<Answer: Message + Default + 'static>(
    base: &str,
    method: &'static str,
    request: &impl Message,
    mut tell: impl FnMut(Answer),
) -> Result<(), Status> {
    let mut tell = |answer: Anything| answer.downcast().into_iter().for_each(|answer| tell(*answer));
    follow(base, method, request.encode_to_vec(), read::<Answer>, &mut tell).await
}

/// The same for any kind of answer, which `read` knows.
async fn follow(
    base: &str,
    method: &'static str,
    request: Vec<u8>,
    read: Read,
    tell: &mut dyn FnMut(Anything),
) -> Result<(), Status> {
    let mut client = Grpc::new(Client::new(base.to_owned()));
    // The browser's client is always ready.
    let called =
        client.server_streaming(Request::new(request), PathAndQuery::from_static(method), Messages(read));
    let mut stream = called.await?.into_inner();
    while let Some(answer) = stream.message().await? {
        tell(answer);
    }
    Ok(())
}

/// A message of some kind.
type Anything = Box<dyn Any + Send + Sync>;

/// Reads a message of some kind.
type Read = fn(&mut DecodeBuf<'_>) -> Result<Anything, DecodeError>;

fn read<Answer: Message + Default + 'static>(bytes: &mut DecodeBuf<'_>) -> Result<Anything, DecodeError> {
    Ok(Box::new(Answer::decode(bytes)?))
}

/// Takes requests that are encoded already, and hands on answers of some kind.
#[derive(Clone, Copy)]
struct Messages(Read);

impl Codec for Messages {
    type Encode = Vec<u8>;
    type Decode = Anything;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Messages {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, request: Vec<u8>, bytes: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes.put_slice(&request);
        Ok(())
    }
}

impl Decoder for Messages {
    type Item = Anything;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        // What is wrong with them would cost the page half a kilobyte.
        (self.0)(bytes).map(Some).map_err(|_| Status::internal("The answer is not what was asked for."))
    }
}
