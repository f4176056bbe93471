//! Bodies of requests: complete, in chunks, without end.

use std::{
    io::Error,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};

pub type ReqBody = BoxBody<Bytes, Error>;

/// A complete body.
pub fn full(bytes: &[u8]) -> ReqBody {
    Full::new(Bytes::copy_from_slice(bytes)).map_err(|never| match never {}).boxed()
}

/// A body that starts with these chunks and never ends.
pub fn unending(chunks: &[&[u8]]) -> ReqBody {
    Unending(chunks.iter().rev().map(|chunk| Bytes::copy_from_slice(chunk)).collect()).boxed()
}

/// A body in these chunks.
pub fn chunked(chunks: &[&[u8]]) -> ReqBody {
    let frames: Vec<_> = chunks.iter().map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)))).collect();
    StreamBody::new(futures_util::stream::iter(frames)).boxed()
}

struct Unending(Vec<Bytes>);

impl Body for Unending {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.0.pop() {
            Some(chunk) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            None => Poll::Pending,
        }
    }
}

/// A body whose chunks are sent one by one, and which ends when the sender is dropped.
pub fn channel() -> (BodySender, ReqBody) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let chunks = futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    });
    (BodySender(sender), StreamBody::new(chunks).boxed())
}

pub struct BodySender(tokio::sync::mpsc::Sender<Bytes>);

impl BodySender {
    /// Sends a chunk. Returns false once the body is dropped.
    pub async fn send(&self, bytes: &[u8]) -> bool {
        self.0.send(Bytes::copy_from_slice(bytes)).await.is_ok()
    }
}
