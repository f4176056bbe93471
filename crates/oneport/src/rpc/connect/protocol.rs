//! Connect's protocol: its version, its content types, and the two types of calls.

use http::{HeaderMap, header};
use tonic::Status;

use crate::messages::Codec;

/// The supported version of the protocol, as its header names it.
pub(super) const VERSION: &str = "1";

/// Whether messages are streamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamType {
    /// Request and response are one message each, as the body.
    Unary,
    /// Each message has a prefix.
    Stream,
}

/// Whether the content type is one of Connect alone.
pub(super) fn is_connect(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|media_type| {
        media_type.starts_with("application/connect+") || media_type == "application/proto"
    })
}

/// Parses the content type of a call.
pub(super) fn content_format(headers: &HeaderMap) -> Option<(StreamType, Codec)> {
    match &*media_type(headers)? {
        "application/json" => Some((StreamType::Unary, Codec::Json)),
        "application/proto" => Some((StreamType::Unary, Codec::Proto)),
        "application/connect+json" => Some((StreamType::Stream, Codec::Json)),
        "application/connect+proto" => Some((StreamType::Stream, Codec::Proto)),
        _ => None,
    }
}

/// The media type without its parameters, in lower case (RFC 9110, section 8.3.1).
fn media_type(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(content_type.split(';').next()?.trim().to_ascii_lowercase())
}

pub(super) fn wrong_version() -> Status {
    Status::invalid_argument("this server speaks version 1 of Connect's protocol")
}
