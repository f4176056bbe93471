//! Server-streaming calls over the browser's `fetch`, also used for unary methods. Not on the path of a click. They share one
//! client for messages of any type: a generated client would add 2 kilobytes per method to the page.

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
    browser::{own_base_url, page_context},
    status::failure,
};
use crate::model::{count_up::CountUpOptions, failure::Failure};

/// The path of the method, relative to the base URL.
pub(super) const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";

/// Calls `on_value` with each value until the end of the stream.
///
/// Fails with a [`Failure`]. Dropping the future cancels the call, and the service stops.
pub async fn count_up(options: CountUpOptions, on_value: impl Fn(i64)) -> Result<(), Failure> {
    let window = web_sys::window().expect("a page runs in a window");
    let CountUpOptions { start, steps, interval_ms } = options;
    let request = CountUpRequest { start, steps, interval_ms };
    let base = own_base_url(&window);
    let outcome =
        server_streaming(&base, COUNT_UP, &request, |message: CountUpResponse| on_value(message.result))
            .await;
    outcome.map_err(|status| failure(&status, page_context(&window)))
}

/// Calls a method of the server at `base`, and `on_message` with each message of the response.
pub(super) async fn server_streaming<Response: Message + Default + 'static>(
    base: &str,
    method: &'static str,
    request: &impl Message,
    mut on_message: impl FnMut(Response),
) -> Result<(), Status> {
    let mut on_message =
        |message: AnyMessage| message.downcast().into_iter().for_each(|message| on_message(*message));
    server_streaming_any(base, method, request.encode_to_vec(), decode::<Response>, &mut on_message).await
}

/// The same for any type of message, decoded by `decode`.
async fn server_streaming_any(
    base: &str,
    method: &'static str,
    request: Vec<u8>,
    decode: DecodeFn,
    on_message: &mut dyn FnMut(AnyMessage),
) -> Result<(), Status> {
    let mut client = Grpc::new(Client::new(base.to_owned()));
    // `Client` is always ready.
    let response =
        client.server_streaming(Request::new(request), PathAndQuery::from_static(method), RawCodec(decode));
    let mut stream = response.await?.into_inner();
    while let Some(message) = stream.message().await? {
        on_message(message);
    }
    Ok(())
}

/// A message of any type.
type AnyMessage = Box<dyn Any + Send + Sync>;

/// Decodes a message of one type.
type DecodeFn = fn(&mut DecodeBuf<'_>) -> Result<AnyMessage, DecodeError>;

fn decode<Response: Message + Default + 'static>(
    bytes: &mut DecodeBuf<'_>,
) -> Result<AnyMessage, DecodeError> {
    Ok(Box::new(Response::decode(bytes)?))
}

/// Passes encoded requests through, and decodes responses with a [`DecodeFn`].
#[derive(Clone, Copy)]
struct RawCodec(DecodeFn);

impl Codec for RawCodec {
    type Encode = Vec<u8>;
    type Decode = AnyMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, request: Vec<u8>, bytes: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes.put_slice(&request);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = AnyMessage;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        // The reason would add half a kilobyte to the page.
        (self.0)(bytes).map(Some).map_err(|_| Status::internal("The response could not be decoded."))
    }
}
