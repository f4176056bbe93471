//! Varints, tags and fields, as protobuf encodes them (protobuf.dev, "Encoding"). Must not know what fields mean.

use crate::Fault;

/// A varint's bytes at most: 64 bits, 7 in each.
const VARINT_LIMIT: usize = 10;

/// How a field's value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// 0: a number of 1 to 10 bytes, 7 bits in each.
    Varint,
    /// 1: 8 bytes.
    Fixed64,
    /// 2: a length, and that many bytes.
    Length,
    /// 3: fields until the group's end; deprecated.
    StartGroup,
    /// 4: the end of a group.
    EndGroup,
    /// 5: 4 bytes.
    Fixed32,
}

/// The wire types by number.
const WIRES: [Wire; 6] =
    [Wire::Varint, Wire::Fixed64, Wire::Length, Wire::StartGroup, Wire::EndGroup, Wire::Fixed32];

impl Wire {
    /// As in protobuf's documentation, with its number, such as `0 (varint)`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Varint => "0 (varint)",
            Self::Fixed64 => "1 (8 bytes)",
            Self::Length => "2 (length-delimited)",
            Self::StartGroup => "3 (start of a group, deprecated)",
            Self::EndGroup => "4 (end of a group)",
            Self::Fixed32 => "5 (4 bytes)",
        }
    }
}

/// The bytes from `start` to `end`, or none where there are no such.
pub(crate) fn slice(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    bytes.get(start..end).unwrap_or_default()
}

/// The varint that `bytes` begin with, and its length in bytes.
pub(crate) fn varint(bytes: &[u8]) -> Result<(u64, usize), Fault> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(VARINT_LIMIT).enumerate() {
        // Of the tenth byte, one bit is left.
        if index + 1 == VARINT_LIMIT && byte > 1 {
            return Err(Fault::TooLong);
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Ok((value, index + 1));
        }
    }
    Err(Fault::Unfinished)
}

/// A field's number and how its value is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) number: u32,
    pub(crate) wire: Wire,
}

/// The tag that `bytes` begin with, and its length in bytes.
pub(crate) fn tag(bytes: &[u8]) -> Result<(Tag, usize), Fault> {
    let (value, length) = varint(bytes)?;
    let value = u32::try_from(value).map_err(|_| Fault::TagTooLong)?;
    let wire = *WIRES.get(value as usize & 7).ok_or(Fault::WireType)?;
    match value >> 3 {
        0 => Err(Fault::NumberZero),
        number => Ok((Tag { number, wire }, length)),
    }
}

/// A field's value, as far as a schema needs it.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Hands the fields of a message to `each`. Groups are refused: no descriptor has any.
pub(crate) fn fields<'a>(
    mut bytes: &'a [u8],
    each: &mut dyn FnMut(u32, Value<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    while !bytes.is_empty() {
        let (Tag { number, wire }, length) = tag(bytes)?;
        bytes = slice(bytes, length, bytes.len());
        let (value, used) = match wire {
            Wire::Varint => varint(bytes).map(|(value, length)| (Value::Number(value), length))?,
            Wire::Length => {
                let (length, start) = varint(bytes)?;
                let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
                let value = end.and_then(|end| Some((bytes.get(start..end)?, end)));
                let (value, end) = value.ok_or(Fault::Unfinished)?;
                (Value::Bytes(value), end)
            }
            Wire::Fixed64 => (Value::Number(0), 8),
            Wire::Fixed32 => (Value::Number(0), 4),
            Wire::StartGroup | Wire::EndGroup => return Err(Fault::WireType),
        };
        each(number, value)?;
        bytes = bytes.get(used..).ok_or(Fault::Unfinished)?;
    }
    Ok(())
}
