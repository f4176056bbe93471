//! How messages come: where each begins and ends, how it is compressed, and how it tells its fields.

use super::encoding::Encoding;

/// How the messages of a request come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Format {
    pub(crate) framing: Framing,
    /// How those are compressed that are; none where they may not be.
    pub(crate) encoding: Option<Encoding>,
    pub(crate) codec: Codec,
}

/// Where a message begins and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After its head.
    #[default]
    Enveloped,
    /// The body is the message; it is compressed where there is an encoding.
    Bare,
}

/// How a message tells its fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Codec {
    #[default]
    Proto,
    Json,
}
