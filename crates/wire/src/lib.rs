//! From bytes to an explanation: what each byte of a gRPC or gRPC-Web body means, down to the bits. Whatever the bytes
//! are, nothing here panics: it says where they break. Must not know who sent them, nor how they are shown.
//!
//! # A worked example
//!
//! The number 5681 on its way to a server is these eight bytes:
//!
//! ```
//! use increment_wire::{Schema, explain};
//!
//! let schema = Schema::read(increment_proto::FILE_DESCRIPTOR_SET).unwrap();
//! let body = [0x00, 0x00, 0x00, 0x00, 0x03, 0x08, 0xb1, 0x2c];
//! let spans = explain(&body, Some(&schema), "increment.v1.IncrementRequest");
//!
//! let told: Vec<_> = spans.iter().map(|span| (span.range(), span.depth, span.meaning())).collect();
//! assert_eq!(told, [
//!     (0..1, 0, "flag 0: a message, not compressed".into()),
//!     (1..5, 0, "length 3: that many bytes follow; 4 bytes, most significant first".into()),
//!     (5..8, 0, "the message increment.v1.IncrementRequest".into()),
//!     (5..6, 1, "field 1 (number, int64), wire type 0 (varint)".into()),
//!     (6..8, 1, "number = 5681: 7 bits of each byte, least significant first".into()),
//! ]);
//!
//! // Down to the bits: the first of each byte tells whether another byte follows.
//! assert_eq!(spans[3].binary(), "0 0001 000");         // last byte, field 1, wire type 0
//! assert_eq!(spans[4].binary(), "1 0110001  0 0101100"); // 49 + 44 * 128 = 5681
//! assert_eq!(spans[4].bits()[1].meaning(), "value");
//! ```
//!
//! The server's answer by gRPC-Web has a second frame: its trailers. Spans that contain others ([`Span::is_leaf`] tells)
//! come before these; the leaves, one after the other, are the whole body, with no byte left out or told twice.

mod bits;
mod explainer;
mod fault;
mod frames;
mod meaning;
mod read;
mod schema;
mod span;
mod status;

pub use self::{
    bits::{Bits, Role},
    explainer::{DEPTH_LIMIT, SPAN_LIMIT},
    fault::Fault,
    read::Wire,
    schema::{Enum, Field, Message, Method, Schema, Type},
    span::{Kind, Span},
    status::status_name,
};

use self::explainer::Explainer;

/// Explains `body`, which is frames of gRPC or gRPC-Web: any number of messages of the type `message`, such as
/// `increment.v1.IncrementRequest`, and maybe trailers. Without a schema, or for a message that it does not know,
/// fields have no names.
///
/// Takes time and memory in proportion to the body, for a given schema, up to [`SPAN_LIMIT`].
pub fn explain<'a>(body: &'a [u8], schema: Option<&'a Schema<'a>>, message: &str) -> Vec<Span<'a>> {
    let mut explainer = Explainer::new(body, schema);
    explainer.frames(message);
    explainer.spans
}

/// Explains `body`, which is one message without a frame, as in a unary call by Connect's protocol; else like
/// [`explain`].
pub fn explain_message<'a>(body: &'a [u8], schema: Option<&'a Schema<'a>>, message: &str) -> Vec<Span<'a>> {
    let mut explainer = Explainer::new(body, schema);
    explainer.message(body.len(), message, None);
    explainer.spans
}
