//! Compresses the messages of an answer, for callers who can read that (gRPC's COMPRESSION).

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderName, HeaderValue, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tonic::{Status, body::Body};

use super::{
    encoding::{Encoding, WORTH_IT},
    frames::{COMPRESSED, Frames, HEAD, framed},
};
use crate::accept_encoding::identity;

/// The header that says how messages are compressed.
pub(crate) const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// The header that lists what its sender can read.
pub(crate) const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// How the messages of an answer are compressed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compress {
    pub(crate) encoding: Encoding,
    /// Messages of fewer bytes are left alone.
    pub(crate) from_bytes: usize,
}

impl Compress {
    /// By what a caller reads, and whether it reads nothing else or compressed its own messages: then it wants that of
    /// any size.
    pub(crate) fn new(accepted: Option<&HeaderValue>, sent: Option<Encoding>) -> Option<Self> {
        let list = accepted.and_then(|list| list.to_str().ok())?;
        let encoding = Encoding::accepted(list)?;
        let only_compressed = list.contains(';') && identity(list) == Some(0);
        let from_bytes = if only_compressed || sent.is_some() { 0 } else { WORTH_IT };
        Some(Self { encoding, from_bytes })
    }

    /// The message, compressed where that is asked for.
    pub(crate) fn message(self, message: &[u8]) -> Result<Option<Bytes>, Status> {
        if message.len() < self.from_bytes {
            return Ok(None);
        }
        let failed = |_| Status::internal("the answer cannot be compressed");
        self.encoding.encode(message).map(Some).map_err(failed)
    }

    /// An answer whose messages are compressed where that is asked for. Of an answer that `is_stream`, the first message
    /// is not waited for.
    pub(crate) async fn answer(self, mut answer: Response<Body>, is_stream: bool) -> Response<Body> {
        if answer.headers().contains_key(Status::GRPC_STATUS) {
            return answer;
        }
        let mut frames = Frames::default();
        if !is_stream {
            match answer.body_mut().frame().await.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => frames.push(data),
                Some(Ok(Err(trailers))) => return answer.map(|_| only(Ok(trailers))),
                Some(Err(status)) => return answer.map(|_| only(Err(status))),
                None => return answer,
            }
        }
        if is_stream || frames.len() >= HEAD + self.from_bytes {
            let encoding = HeaderValue::from_static(self.encoding.name());
            answer.headers_mut().insert(GRPC_ENCODING, encoding);
        }
        answer.map(|body| Body::new(CompressedBody { body, frames, compress: self }))
    }

    fn frame(self, frame: Bytes) -> Result<Bytes, Status> {
        let message = &frame[HEAD..];
        let compressed = if frame.first() == Some(&0) { self.message(message)? } else { None };
        Ok(compressed.map_or(frame, |compressed| framed(COMPRESSED, &compressed)))
    }
}

/// A body without messages.
fn only(end: Result<Frame<Bytes>, Status>) -> Body {
    Body::new(StreamBody::new(stream::iter([end])))
}

struct CompressedBody {
    body: Body,
    frames: Frames,
    compress: Compress,
}

impl http_body::Body for CompressedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            if let Some(frame) = self.frames.next() {
                return Poll::Ready(Some(self.compress.frame(frame).map(Frame::data)));
            }
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)?) else {
                return Poll::Ready(None);
            };
            match frame.into_data() {
                Ok(data) => self.frames.push(data),
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.len() == 0 && self.body.is_end_stream()
    }
}
