//! The limits of an explanation.

/// The deepest nesting of messages, the same as in protobuf's own decoders.
pub const DEPTH_LIMIT: u8 = 100;

/// The number of spans after which the rest of a body is not explained.
pub const SPAN_LIMIT: usize = 20_000;
