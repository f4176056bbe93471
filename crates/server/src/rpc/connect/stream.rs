//! A stream of messages as Connect has it: each after its head, and at the end one that tells how the call ended.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use prost_reflect::MessageDescriptor;
use serde_json::{Map, Value};
use tonic::{Code, Status, body::Body};

use super::{answer::metadata, error, request::Call};
use crate::messages::{COMPRESSED, Frames, HEAD, framed};

/// The flag of the last message.
const END: u8 = 2;

/// The body of a streamed answer.
pub(super) struct StreamedBody {
    call: Call,
    /// None once the end was told.
    body: Option<Body>,
    frames: Frames,
}

impl StreamedBody {
    pub(super) fn new(call: Call, body: Body) -> Self {
        Self { call, body: Some(body), frames: Frames::default() }
    }

    fn message(&self, frame: &Bytes) -> Result<Bytes, Status> {
        let message = self.call.told(frame.slice(HEAD..))?;
        let compressed = match self.call.compress {
            Some(compress) => compress.message(&message)?,
            None => None,
        };
        Ok(match compressed {
            Some(compressed) => framed(COMPRESSED, &compressed),
            None => framed(0, &message),
        })
    }

    fn end(&mut self, trailers: HeaderMap) -> Bytes {
        let unknown = || Status::unknown("the call ended without a status");
        let status = Status::from_header_map(&trailers).unwrap_or_else(unknown);
        self.fail(&status, trailers)
    }

    fn fail(&mut self, status: &Status, trailers: HeaderMap) -> Bytes {
        self.body = None;
        end(status, &metadata(trailers), self.call.output.as_ref())
    }
}

impl http_body::Body for StreamedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            let Some(body) = &mut this.body else { return Poll::Ready(None) };
            if let Some(frame) = this.frames.next() {
                let told = this.message(&frame).unwrap_or_else(|status| this.fail(&status, HeaderMap::new()));
                return Poll::Ready(Some(Ok(Frame::data(told))));
            }
            let end = match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        this.frames.push(data);
                        continue;
                    }
                    Err(frame) => this.end(frame.into_trailers().unwrap_or_default()),
                },
                Some(Err(status)) => this.fail(&status, HeaderMap::new()),
                None => this.end(HeaderMap::new()),
            };
            return Poll::Ready(Some(Ok(Frame::data(end))));
        }
    }
}

/// The message at the end of a stream.
pub(super) fn end(status: &Status, metadata: &HeaderMap, output: Option<&MessageDescriptor>) -> Bytes {
    let mut end = Map::new();
    if status.code() != Code::Ok {
        end.insert("error".into(), error::to_json(status, output));
    }
    if !metadata.is_empty() {
        let values = |name| metadata.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let told = metadata.keys().map(|name| (name.to_string(), values(name).collect::<Value>()));
        end.insert("metadata".into(), told.collect());
    }
    framed(END, Value::Object(end).to_string().as_bytes())
}
