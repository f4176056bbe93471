//! A range of bytes and its kind. Cheap to copy; the text is made on demand.

use std::ops::Range;

use crate::{decode::WireType, error::DecodeError, schema::Field};

/// A range of bytes and its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// The offset in the body, in bytes.
    pub start: usize,
    /// The bytes; empty for an empty message or text, and where bytes are missing.
    pub bytes: &'a [u8],
    /// The number of spans that contain this one.
    pub depth: u8,
    /// The kind.
    pub kind: Kind<'a>,
}

impl Span<'_> {
    /// Returns the range in the body.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.bytes.len()
    }

    /// Returns whether the span contains no others. All leaves in order are the whole body.
    pub fn is_leaf(&self) -> bool {
        !matches!(self.kind, Kind::Message { .. } | Kind::Group { .. } | Kind::Packed { .. } | Kind::Trailers)
    }
}

/// The kind of a span. `field` is the field that it belongs to, if the schema defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// The flag of a frame.
    Flag(u8),
    /// The length of a frame: four bytes.
    FrameLength(u32),
    /// The compressed payload of a frame.
    Compressed,
    /// The trailers of gRPC-Web; contains each.
    Trailers,
    /// A trailer: a name, a colon and a value.
    Trailer,
    /// A message; contains its fields.
    Message {
        /// The full name, if the schema defines it; otherwise empty.
        name: &'a str,
        /// Whether the message is one entry of a map.
        is_map_entry: bool,
        /// The field; none for the outermost message.
        field: Option<&'a Field<'a>>,
    },
    /// A group; contains its fields.
    Group {
        /// The field.
        field: Option<&'a Field<'a>>,
    },
    /// The values of a packed repeated field; contains them.
    Packed {
        /// The field.
        field: Option<&'a Field<'a>>,
    },
    /// The tag of a field.
    Tag {
        /// The field number.
        number: u32,
        /// The wire type of the value.
        wire: WireType,
        /// The field, whether its wire type matches the schema or not.
        field: Option<&'a Field<'a>>,
    },
    /// A varint: 1 to 10 bytes.
    Varint {
        /// The value before conversion to the field's type.
        value: u64,
        /// The field.
        field: Option<&'a Field<'a>>,
        /// The name of the enum's value, if defined.
        symbol: Option<&'a str>,
    },
    /// 4 bytes.
    Fixed32 {
        /// The value before conversion to the field's type.
        value: u32,
        /// The field.
        field: Option<&'a Field<'a>>,
    },
    /// 8 bytes.
    Fixed64 {
        /// The value before conversion to the field's type.
        value: u64,
        /// The field.
        field: Option<&'a Field<'a>>,
    },
    /// The length of the bytes that follow.
    Length(u64),
    /// A string, or unknown bytes that are probably text.
    Text {
        /// The field.
        field: Option<&'a Field<'a>>,
    },
    /// Bytes.
    Bytes {
        /// The field.
        field: Option<&'a Field<'a>>,
    },
    /// Malformed bytes.
    Error(DecodeError),
}

impl Kind<'_> {
    /// Returns a word for the kind, such as `tag`, for use in markup.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::FrameLength(_) | Self::Length(_) => "length",
            Self::Compressed => "compressed",
            Self::Trailers => "trailers",
            Self::Trailer => "trailer",
            Self::Message { .. } => "message",
            Self::Group { .. } => "group",
            Self::Packed { .. } => "packed",
            Self::Tag { .. } => "tag",
            Self::Varint { .. } => "varint",
            Self::Fixed32 { .. } | Self::Fixed64 { .. } => "fixed",
            Self::Text { .. } => "text",
            Self::Bytes { .. } => "bytes",
            Self::Error(_) => "error",
        }
    }
}
