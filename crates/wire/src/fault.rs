//! The ways in which bytes break, in words. Must not know what came before.

/// Why bytes cannot be explained any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// So many bytes were to follow, and do not.
    Missing(u64),
    /// A varint's last byte announces another one.
    Unfinished,
    /// A varint has more than 64 bits.
    TooLong,
    /// A tag has more than 32 bits.
    TagTooLong,
    /// The field number is 0.
    NumberZero,
    /// The wire type is 6 or 7.
    WireType,
    /// A group ends that did not start.
    GroupEnd,
    /// A group does not end.
    GroupOpen,
    /// A string is not UTF-8.
    NotUtf8,
    /// A frame begins with a flag that neither gRPC nor Connect knows.
    Flag,
    /// A line of the trailers has no colon.
    Trailer,
    /// Messages are nested deeper than [`DEPTH_LIMIT`](crate::DEPTH_LIMIT).
    TooDeep,
    /// There are more spans than [`SPAN_LIMIT`](crate::SPAN_LIMIT).
    TooMany,
}

impl Fault {
    /// What is wrong; for [`Missing`](Self::Missing), after the number of bytes.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Missing(1) => " more byte was to follow, and does not",
            Self::Missing(_) => " more bytes were to follow, and do not",
            Self::Unfinished => "the varint does not end: the last byte says that another one follows",
            Self::TooLong => "a varint of more than 64 bits",
            Self::TagTooLong => "a tag of more than 32 bits",
            Self::NumberZero => "a tag of field 0: fields are numbered from 1",
            Self::WireType => "a tag of a wire type that does not exist: there are 0 to 5",
            Self::GroupEnd => "the end of a group that did not start",
            Self::GroupOpen => "the group does not end",
            Self::NotUtf8 => "a string has to be UTF-8, and this is not",
            Self::Flag => {
                "no frame begins like this: its flag is 0, 1 (compressed), 2 (end, Connect) or 80 (trailers)"
            }
            Self::Trailer => "a trailer is a name, a colon and a value",
            Self::TooDeep => "nested too deep: readers give up here",
            Self::TooMany => "the rest is not explained: it is too much",
        }
    }
}
