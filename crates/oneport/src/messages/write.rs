//! The messages of an answer, made what the caller reads: JSON, or compressed, or both. Must not know what they mean.

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use prost_reflect::MessageDescriptor;
use tonic::{Status, body::Body};

use super::{
    budget::Budget,
    compress::{Compress, GRPC_ENCODING},
    frames::{COMPRESSED, Frames, HEAD, framed},
    json::to_json,
    shared::{Form, SharedMessages},
};

/// Up to this many bytes are compressed at once, where the call is served: a millisecond's work.
const COMPRESS_INLINE_BYTES: usize = 64 << 10;

/// Up to this many bytes are made JSON at once: a millisecond's work for the worst, which is empty rows.
const WRITE_JSON_INLINE_BYTES: usize = 4 << 10;

/// How a caller reads the messages of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    /// What a message is that is told as JSON.
    pub(crate) json: Option<MessageDescriptor>,
    pub(crate) compress: Option<Compress>,
    pub(crate) budget: Budget,
    /// Where the messages are those of many answers.
    pub(crate) shared: Option<SharedMessages>,
}

impl Writer {
    /// A message with its head, as the caller reads it.
    pub(crate) async fn write(&self, frame: Bytes) -> Result<Bytes, Status> {
        let is_small = self.compress.is_none_or(|compress| frame.len() < HEAD + compress.from_bytes);
        if self.json.is_none() && is_small || frame.first() != Some(&0) {
            return Ok(frame);
        }
        let form = Form { is_json: self.json.is_some(), compress: self.compress };
        match &self.shared {
            Some(shared) => shared.get(&frame, form, self.convert_anywhere(frame.clone())).await,
            None => self.convert_anywhere(frame).await,
        }
    }

    async fn convert_anywhere(&self, frame: Bytes) -> Result<Bytes, Status> {
        let (json, compress) = (self.json.clone(), self.compress);
        let at_once = if json.is_some() { WRITE_JSON_INLINE_BYTES } else { COMPRESS_INLINE_BYTES };
        if frame.len() <= at_once {
            return convert(json.as_ref(), compress, frame);
        }
        self.budget.work(move || convert(json.as_ref(), compress, frame)).await?
    }

    /// Converts the messages of a gRPC response. Does not wait for the first message of one that `is_stream`.
    pub(crate) async fn convert_response(
        mut self,
        mut answer: Response<Body>,
        is_stream: bool,
    ) -> Response<Body> {
        let Some(compress) = self.compress else { return answer };
        if answer.headers().contains_key(Status::GRPC_STATUS) {
            return answer;
        }
        self.shared = answer.extensions_mut().remove();
        let mut frames = Frames::default();
        if !is_stream {
            match answer.body_mut().frame().await.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => frames.push(data),
                Some(Ok(Err(trailers))) => return answer.map(|_| only(Ok(trailers))),
                Some(Err(status)) => return answer.map(|_| only(Err(status))),
                None => return answer,
            }
        }
        if is_stream || frames.len() >= HEAD + compress.from_bytes {
            let encoding = HeaderValue::from_static(compress.encoding.name());
            answer.headers_mut().insert(GRPC_ENCODING, encoding);
        }
        answer.map(|body| {
            let written = Written { writer: self, body, frames };
            Body::new(StreamBody::new(stream::unfold(written, |mut written| async {
                Some((written.next().await?, written))
            })))
        })
    }
}

/// A body without messages.
fn only(end: Result<Frame<Bytes>, Status>) -> Body {
    Body::new(StreamBody::new(stream::iter([end])))
}

fn convert(
    json: Option<&MessageDescriptor>,
    compress: Option<Compress>,
    frame: Bytes,
) -> Result<Bytes, Status> {
    let message = frame.slice(HEAD..);
    let told = json.map(|json| to_json(json, message.clone())).transpose()?;
    let content = told.as_deref().unwrap_or(&message);
    let compressed = compress.map(|compress| compress.message(content)).transpose()?.flatten();
    Ok(match (compressed, told) {
        (Some(compressed), _) => framed(COMPRESSED, &compressed),
        (None, Some(told)) => framed(0, &told),
        (None, None) => frame,
    })
}

/// The messages of an answer, one by one.
pub(crate) struct Written {
    pub(crate) writer: Writer,
    pub(crate) body: Body,
    pub(crate) frames: Frames,
}

impl Written {
    /// The next message with its head, or the trailers.
    pub(crate) async fn next(&mut self) -> Option<Result<Frame<Bytes>, Status>> {
        loop {
            if let Some(frame) = self.frames.next() {
                return Some(self.writer.write(frame).await.map(Frame::data));
            }
            match self.body.frame().await?.map(Frame::into_data) {
                Ok(Ok(data)) => self.frames.push(data),
                Ok(Err(trailers)) => return Some(Ok(trailers)),
                Err(status) => return Some(Err(status)),
            }
        }
    }
}
