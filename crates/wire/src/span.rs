//! A run of bytes and what it is: a cheap value, without its words.

use std::ops::Range;

use crate::{Fault, Field, Wire};

/// A run of bytes and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// Where it begins: bytes from the body's begin.
    pub start: usize,
    /// Its bytes; none for an empty message or text, and where bytes are missing.
    pub bytes: &'a [u8],
    /// How many other spans it lies in.
    pub depth: u8,
    /// What it is.
    pub kind: Kind<'a>,
}

impl Span<'_> {
    /// Where it lies in the body.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.bytes.len()
    }

    /// Whether no span lies in it. All leaves together are the whole body.
    pub fn is_leaf(&self) -> bool {
        !matches!(self.kind, Kind::Message { .. } | Kind::Group { .. } | Kind::Packed { .. } | Kind::Trailers)
    }
}

/// What a run of bytes is. `field` is what the schema knows of the field that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A frame's first byte.
    Flag(u8),
    /// The four bytes after it: how many bytes follow.
    FrameLength(u32),
    /// A frame of compressed bytes.
    Compressed,
    /// The lines of gRPC-Web's trailers; contains them.
    Trailers,
    /// A line of these: a name, a colon and a value.
    Trailer,
    /// A message; contains its fields.
    Message {
        /// Its full name where the schema knows it, else empty.
        name: &'a str,
        /// Whether it is one entry of a map.
        is_map_entry: bool,
        /// The field it is in; none for the outermost.
        field: Option<&'a Field<'a>>,
    },
    /// A group; contains its fields.
    Group {
        /// The field it is in.
        field: Option<&'a Field<'a>>,
    },
    /// The values of a repeated field in one; contains them.
    Packed {
        /// The field they are in.
        field: Option<&'a Field<'a>>,
    },
    /// What begins a field.
    Tag {
        /// The field's number.
        number: u32,
        /// How its value is encoded.
        wire: Wire,
        /// The field, whether it is encoded as the schema says or not.
        field: Option<&'a Field<'a>>,
    },
    /// A number of 1 to 10 bytes.
    Varint {
        /// Before anything is made of it.
        value: u64,
        /// The field it is in.
        field: Option<&'a Field<'a>>,
        /// The name of an enum's value, where it has one.
        symbol: Option<&'a str>,
    },
    /// 4 bytes.
    Fixed32 {
        /// Before anything is made of it.
        value: u32,
        /// The field it is in.
        field: Option<&'a Field<'a>>,
    },
    /// 8 bytes.
    Fixed64 {
        /// Before anything is made of it.
        value: u64,
        /// The field it is in.
        field: Option<&'a Field<'a>>,
    },
    /// How many bytes follow.
    Length(u64),
    /// Text: a string's, or what looks like it.
    Text {
        /// The field it is in.
        field: Option<&'a Field<'a>>,
    },
    /// Any bytes.
    Bytes {
        /// The field they are in.
        field: Option<&'a Field<'a>>,
    },
    /// Where it breaks.
    Fault(Fault),
}

impl Kind<'_> {
    /// One word for it, such as `tag`, to tell kinds apart where they are shown.
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
            Self::Fault(_) => "fault",
        }
    }
}
