//! The ways in which bytes are malformed.

/// The reason why bytes cannot be decoded any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// This many more bytes were expected.
    Truncated(u64),
    /// The last byte of a varint announces another, or a length exceeds the bytes.
    UnterminatedVarint,
    /// A varint has more than 64 bits.
    VarintTooLong,
    /// A tag has more than 32 bits.
    TagTooLong,
    /// The field number is 0.
    FieldNumberZero,
    /// The wire type is 6 or 7.
    UnknownWireType,
    /// A group ends that was not started.
    UnexpectedEndGroup,
    /// A group has no end.
    UnterminatedGroup,
    /// A string is not UTF-8.
    InvalidUtf8,
    /// The flag of a frame is defined neither by gRPC nor by Connect.
    UnknownFrameFlag,
    /// A trailer has no colon.
    MalformedTrailer,
    /// Messages are nested deeper than [`DEPTH_LIMIT`](crate::DEPTH_LIMIT).
    DepthLimit,
    /// There are more spans than [`SPAN_LIMIT`](crate::SPAN_LIMIT).
    SpanLimit,
}

impl DecodeError {
    /// Returns the description; that of [`Truncated`](Self::Truncated) follows the number of bytes.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Truncated(1) => " more byte expected",
            Self::Truncated(_) => " more bytes expected",
            Self::UnterminatedVarint => "a varint without an end: its last byte announces another",
            Self::VarintTooLong => "a varint of more than 64 bits",
            Self::TagTooLong => "a tag of more than 32 bits",
            Self::FieldNumberZero => "a tag of field 0: fields are numbered from 1",
            Self::UnknownWireType => "a tag of a wire type that does not exist: there are 0 to 5",
            Self::UnexpectedEndGroup => "the end of a group that was not started",
            Self::UnterminatedGroup => "a group without an end",
            Self::InvalidUtf8 => "a string that is not UTF-8",
            Self::UnknownFrameFlag => {
                "not a frame: the flag is 0, 1 (compressed), 2 (end, Connect) or 80 (trailers)"
            }
            Self::MalformedTrailer => "not a trailer: no colon",
            Self::DepthLimit => "nested too deep: decoders stop here",
            Self::SpanLimit => "too long: the rest is not explained",
        }
    }
}
