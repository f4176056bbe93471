//! The format of messages: their framing, compression and codec.

use super::encoding::Encoding;

/// The format of a request's messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Format {
    pub(crate) framing: Framing,
    /// How compressed messages are encoded; none where they may not be compressed.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) codec: Codec,
}

/// How messages are delimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Each has a prefix with its length (gRPC's Length-Prefixed-Message, Connect's Enveloped-Message).
    #[default]
    Enveloped,
    /// The body is the one message (Connect's Bare-Message), compressed where there is an encoding.
    Bare,
}

/// How messages are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Codec {
    #[default]
    Proto,
    Json,
}
