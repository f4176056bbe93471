//! The stream of messages in a response of Connect; the last one has the status of the call.

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::StreamBody;
use prost_reflect::MessageDescriptor;
use serde_json::{Map, Value};
use tonic::{Code, Status, body::Body};

use super::{error, metadata::metadata};
use crate::messages::{ResponseMessages, encode_frame};

/// The flag of the last message.
const END_STREAM: u8 = 2;

/// The body of a streamed response with messages of the type `output`.
pub(super) fn body(messages: ResponseMessages, output: Option<MessageDescriptor>) -> Body {
    let frames = stream::unfold(Some((messages, output)), |state| async {
        let (mut messages, output) = state?;
        let (status, trailers) = match messages.next().await.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(message))) => return Some((Ok(Frame::data(message)), Some((messages, output)))),
            Some(Ok(Err(trailers))) => {
                let trailers = trailers.into_trailers().unwrap_or_default();
                (Status::from_header_map(&trailers), trailers)
            }
            Some(Err(status)) => (Some(status), HeaderMap::new()),
            None => (None, HeaderMap::new()),
        };
        let status = status.unwrap_or_else(|| Status::unknown("the call ended without a status"));
        let end = end(&status, &metadata(trailers), output.as_ref());
        Some((Ok::<_, Status>(Frame::data(end)), None))
    });
    Body::new(StreamBody::new(frames))
}

/// The last message of a stream, an EndStreamResponse.
pub(super) fn end(status: &Status, metadata: &HeaderMap, output: Option<&MessageDescriptor>) -> Bytes {
    let mut end = Map::new();
    if status.code() != Code::Ok {
        end.insert("error".into(), error::to_json(status, output));
    }
    if !metadata.is_empty() {
        let values = |name| metadata.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let metadata = metadata.keys().map(|name| (name.to_string(), values(name).collect::<Value>()));
        end.insert("metadata".into(), metadata.collect());
    }
    encode_frame(END_STREAM, Value::Object(end).to_string().as_bytes())
}
