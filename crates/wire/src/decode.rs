//! Decodes varints, tags and fields (protobuf.dev, "Encoding"). Independent of the schema.

use crate::error::DecodeError;

/// The maximum length of a varint, in bytes: 64 bits, 7 in each.
const VARINT_LIMIT: usize = 10;

/// The encoding of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireType {
    /// 0: a number of 1 to 10 bytes, 7 bits in each.
    Varint,
    /// 1: 8 bytes.
    Fixed64,
    /// 2: a length, then that many bytes.
    LengthDelimited,
    /// 3: fields until the group's end; deprecated.
    StartGroup,
    /// 4: the end of a group.
    EndGroup,
    /// 5: 4 bytes.
    Fixed32,
}

/// The wire types by number.
const WIRE_TYPES: [WireType; 6] = [
    WireType::Varint,
    WireType::Fixed64,
    WireType::LengthDelimited,
    WireType::StartGroup,
    WireType::EndGroup,
    WireType::Fixed32,
];

impl WireType {
    /// Returns the number and name as in protobuf's documentation, such as `0 (varint)`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Varint => "0 (varint)",
            Self::Fixed64 => "1 (8 bytes)",
            Self::LengthDelimited => "2 (length-delimited)",
            Self::StartGroup => "3 (start of a group, deprecated)",
            Self::EndGroup => "4 (end of a group)",
            Self::Fixed32 => "5 (4 bytes)",
        }
    }
}

/// Returns the bytes from `start` to `end`, or none where they are out of bounds.
pub(crate) fn slice(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    bytes.get(start..end).unwrap_or_default()
}

/// Decodes the varint at the start of `bytes`; returns its value and length in bytes.
pub(crate) fn varint(bytes: &[u8]) -> Result<(u64, usize), DecodeError> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(VARINT_LIMIT).enumerate() {
        // The tenth byte holds only one more bit.
        if index + 1 == VARINT_LIMIT && byte > 1 {
            return Err(DecodeError::VarintTooLong);
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    Err(DecodeError::UnterminatedVarint)
}

/// A field's number and wire type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) number: u32,
    pub(crate) wire: WireType,
}

/// Decodes the tag at the start of `bytes`; returns it and its length in bytes.
pub(crate) fn tag(bytes: &[u8]) -> Result<(Tag, usize), DecodeError> {
    let (value, length) = varint(bytes)?;
    let value = u32::try_from(value).map_err(|_| DecodeError::TagTooLong)?;
    let wire = *WIRE_TYPES.get(value as usize & 7).ok_or(DecodeError::UnknownWireType)?;
    match value >> 3 {
        0 => Err(DecodeError::FieldNumberZero),
        number => Ok((Tag { number, wire }, length)),
    }
}

/// A field's value, as far as descriptors need it.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Calls `each` with every field of a message. Rejects groups, which no descriptor has.
pub(crate) fn fields<'a>(
    mut bytes: &'a [u8],
    each: &mut dyn FnMut(u32, Value<'a>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    while !bytes.is_empty() {
        let (Tag { number, wire }, length) = tag(bytes)?;
        bytes = slice(bytes, length, bytes.len());
        let (value, used) = match wire {
            WireType::Varint => varint(bytes).map(|(value, length)| (Value::Number(value), length))?,
            WireType::LengthDelimited => {
                let (length, start) = varint(bytes)?;
                let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
                let value = end.and_then(|end| Some((bytes.get(start..end)?, end)));
                let (value, end) = value.ok_or(DecodeError::UnterminatedVarint)?;
                (Value::Bytes(value), end)
            }
            WireType::Fixed64 => (Value::Number(0), 8),
            WireType::Fixed32 => (Value::Number(0), 4),
            WireType::StartGroup | WireType::EndGroup => return Err(DecodeError::UnknownWireType),
        };
        each(number, value)?;
        bytes = bytes.get(used..).ok_or(DecodeError::UnterminatedVarint)?;
    }
    Ok(())
}
