//! Explains every byte of a gRPC or gRPC-Web body, down to the bits. Never panics: malformed bytes are explained as such.
//! Independent of the transport and of the presentation.
//!
//! # A worked example
//!
//! A request with the number 5681 has these eight bytes:
//!
//! ```
//! use increment_wire::{Schema, explain};
//!
//! let schema = Schema::decode(increment_proto::FILE_DESCRIPTOR_SET).unwrap();
//! let body = [0x00, 0x00, 0x00, 0x00, 0x03, 0x08, 0xb1, 0x2c];
//! let spans = explain(&body, Some(&schema), "increment.v1.IncrementRequest");
//!
//! let explained: Vec<_> = spans.iter().map(|span| (span.range(), span.depth, span.meaning())).collect();
//! assert_eq!(explained, [
//!     (0..1, 0, "flag 0: a message, not compressed".into()),
//!     (1..5, 0, "length 3: that many bytes follow; 4 bytes, most significant first".into()),
//!     (5..8, 0, "the message increment.v1.IncrementRequest".into()),
//!     (5..6, 1, "field 1 (number, int64), wire type 0 (varint)".into()),
//!     (6..8, 1, "number = 5681: 7 bits of each byte, least significant first".into()),
//! ]);
//!
//! // The first bit of each byte is set where another byte follows.
//! assert_eq!(spans[3].binary(), "0 0001 000");         // last byte, field 1, wire type 0
//! assert_eq!(spans[4].binary(), "1 0110001  0 0101100"); // 49 + 44 * 128 = 5681
//! assert_eq!(spans[4].bits()[1].meaning(), "value");
//! ```
//!
//! A gRPC-Web response has a second frame: its trailers. A span that contains others (see [`Span::is_leaf`]) precedes
//! them; the leaves in order are the whole body, with no byte omitted or explained twice.

mod bits;
mod decode;
mod descriptors;
mod error;
mod explainer;
mod frames;
mod limits;
mod meaning;
mod schema;
mod span;
mod status;

pub use self::{
    bits::{Bits, Role},
    decode::WireType,
    error::DecodeError,
    limits::{DEPTH_LIMIT, SPAN_LIMIT},
    schema::{Enum, Field, Message, Method, Schema, Type},
    span::{Kind, Span},
    status::status_name,
};

use self::explainer::Explainer;

/// Explains a body of gRPC or gRPC-Web frames: any number of messages of the type `message`, such as
/// `increment.v1.IncrementRequest`, and optionally trailers. Without a schema, or for a message that the schema does not
/// define, fields have no names.
///
/// Time and memory are linear in the length of the body, up to [`SPAN_LIMIT`].
pub fn explain<'a>(body: &'a [u8], schema: Option<&'a Schema<'a>>, message: &str) -> Vec<Span<'a>> {
    let mut explainer = Explainer::new(body, schema);
    explainer.frames(message);
    explainer.spans
}

/// Explains a body of one message without a frame, as in a unary call of the Connect protocol. See [`explain`].
pub fn explain_message<'a>(body: &'a [u8], schema: Option<&'a Schema<'a>>, message: &str) -> Vec<Span<'a>> {
    let mut explainer = Explainer::new(body, schema);
    explainer.message(body.len(), message, None);
    explainer.spans
}
