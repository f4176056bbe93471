//! A stream of messages in Connect's framing; the last one carries the status of the call.

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::StreamBody;
use prost_reflect::MessageDescriptor;
use serde_json::{Map, Value};
use tonic::{Code, Status, body::Body};

use super::{error, metadata::metadata};
use crate::messages::{Written, framed};

/// The flag of the last message.
const END: u8 = 2;

/// The body of a streamed answer, whose messages are of the type `output`.
pub(super) fn body(written: Written, output: Option<MessageDescriptor>) -> Body {
    let frames = stream::unfold(Some((written, output)), |rest| async {
        let (mut written, output) = rest?;
        let (status, trailers) = match written.next().await.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(message))) => return Some((Ok(Frame::data(message)), Some((written, output)))),
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
