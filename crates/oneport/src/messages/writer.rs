//! Converts the messages of a response to what the caller accepts: JSON, compressed, or both.

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use prost_reflect::MessageDescriptor;
use tonic::{Status, body::Body};

use super::{
    budget::Budget,
    compression::{Compression, GRPC_ENCODING},
    frame::{COMPRESSED, FrameBuffer, PREFIX_BYTES, encode_frame},
    json::to_json,
    shared::{Form, SharedMessages},
};

/// Up to this many bytes are compressed on the connection's thread: a millisecond's work.
const COMPRESS_INLINE_BYTES: usize = 64 << 10;

/// Up to this many bytes are converted to JSON on the connection's thread: a millisecond's work for the costliest, empty
/// messages.
const WRITE_JSON_INLINE_BYTES: usize = 4 << 10;

/// Converts the messages of one response.
#[derive(Clone, Debug)]
pub(crate) struct MessageWriter {
    /// The type of messages that are sent as JSON.
    pub(crate) json: Option<MessageDescriptor>,
    pub(crate) compression: Option<Compression>,
    pub(crate) budget: Budget,
    /// Where the messages are shared with other responses.
    pub(crate) shared: Option<SharedMessages>,
}

impl MessageWriter {
    /// Converts a message with its prefix.
    pub(crate) async fn write(&self, frame: Bytes) -> Result<Bytes, Status> {
        let is_small =
            self.compression.is_none_or(|compression| frame.len() < PREFIX_BYTES + compression.min_bytes);
        if self.json.is_none() && is_small || frame.first() != Some(&0) {
            return Ok(frame);
        }
        let form = Form { is_json: self.json.is_some(), compression: self.compression };
        match &self.shared {
            Some(shared) => shared.get_or_convert(&frame, form, self.convert(frame.clone())).await,
            None => self.convert(frame).await,
        }
    }

    async fn convert(&self, frame: Bytes) -> Result<Bytes, Status> {
        let (json, compression) = (self.json.clone(), self.compression);
        let inline_bytes = if json.is_some() { WRITE_JSON_INLINE_BYTES } else { COMPRESS_INLINE_BYTES };
        if frame.len() <= inline_bytes {
            return convert(json.as_ref(), compression, frame);
        }
        self.budget.run(move || convert(json.as_ref(), compression, frame)).await?
    }

    /// Compresses the messages of a gRPC response. Does not wait for the first message of a stream.
    pub(crate) async fn compress_response(
        mut self,
        mut response: Response<Body>,
        is_stream: bool,
    ) -> Response<Body> {
        let Some(compression) = self.compression else { return response };
        if response.headers().contains_key(Status::GRPC_STATUS) {
            return response;
        }
        self.shared = response.extensions_mut().remove();
        let mut buffer = FrameBuffer::default();
        if !is_stream {
            match response.body_mut().frame().await.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => buffer.push(data),
                Some(Ok(Err(trailers))) => return response.map(|_| without_messages(Ok(trailers))),
                Some(Err(status)) => return response.map(|_| without_messages(Err(status))),
                None => return response,
            }
        }
        if is_stream || buffer.len() >= PREFIX_BYTES + compression.min_bytes {
            let encoding = HeaderValue::from_static(compression.encoding.name());
            response.headers_mut().insert(GRPC_ENCODING, encoding);
        }
        response.map(|body| {
            let messages = ResponseMessages { writer: self, body, buffer };
            Body::new(StreamBody::new(stream::unfold(messages, |mut messages| async {
                Some((messages.next().await?, messages))
            })))
        })
    }
}

fn without_messages(end: Result<Frame<Bytes>, Status>) -> Body {
    Body::new(StreamBody::new(stream::iter([end])))
}

fn convert(
    json: Option<&MessageDescriptor>,
    compression: Option<Compression>,
    frame: Bytes,
) -> Result<Bytes, Status> {
    let message = frame.slice(PREFIX_BYTES..);
    let json = json.map(|descriptor| to_json(descriptor, message.clone())).transpose()?;
    let content = json.as_deref().unwrap_or(&message);
    let compressed = compression.map(|compression| compression.compress(content)).transpose()?.flatten();
    Ok(match (compressed, json) {
        (Some(compressed), _) => encode_frame(COMPRESSED, &compressed),
        (None, Some(json)) => encode_frame(0, &json),
        (None, None) => frame,
    })
}

/// The messages of a response, converted one by one.
pub(crate) struct ResponseMessages {
    pub(crate) writer: MessageWriter,
    pub(crate) body: Body,
    pub(crate) buffer: FrameBuffer,
}

impl ResponseMessages {
    /// The next message with its prefix, or the trailers.
    pub(crate) async fn next(&mut self) -> Option<Result<Frame<Bytes>, Status>> {
        loop {
            if let Some(frame) = self.buffer.next() {
                return Some(self.writer.write(frame).await.map(Frame::data));
            }
            match self.body.frame().await?.map(Frame::into_data) {
                Ok(Ok(data)) => self.buffer.push(data),
                Ok(Err(trailers)) => return Some(Ok(trailers)),
                Err(status) => return Some(Err(status)),
            }
        }
    }
}
