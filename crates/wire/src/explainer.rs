//! Walks through the fields of messages with the help of a schema, and collects spans.

use crate::{
    decode::{Tag, WireType, slice, tag, varint},
    error::DecodeError,
    limits::{DEPTH_LIMIT, SPAN_LIMIT},
    schema::{Field, Message, Schema, Type},
    span::{Kind, Span},
};

/// A body and its spans up to the position `at`.
pub(crate) struct Explainer<'a> {
    pub(crate) body: &'a [u8],
    schema: Option<&'a Schema<'a>>,
    pub(crate) spans: Vec<Span<'a>>,
    pub(crate) at: usize,
    depth: u8,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(body: &'a [u8], schema: Option<&'a Schema<'a>>) -> Self {
        Self { body, schema, spans: Vec::new(), at: 0, depth: 0 }
    }

    /// Returns the bytes from the current position to `end`.
    pub(crate) fn remaining(&self, end: usize) -> &'a [u8] {
        slice(self.body, self.at, end)
    }

    /// Adds a span without children up to `end`.
    pub(crate) fn leaf(&mut self, end: usize, kind: Kind<'a>) {
        self.spans.push(Span { start: self.at, bytes: self.remaining(end), depth: self.depth, kind });
        self.at = end;
    }

    pub(crate) fn error(&mut self, end: usize, error: DecodeError) {
        self.leaf(end, Kind::Error(error));
    }

    /// Adds a span up to `end` whose children follow, until `close`.
    pub(crate) fn open(&mut self, end: usize, kind: Kind<'a>) {
        self.spans.push(Span { start: self.at, bytes: self.remaining(end), depth: self.depth, kind });
        self.depth += 1;
    }

    pub(crate) fn close(&mut self) {
        self.depth -= 1;
    }

    /// Returns whether the span limit is reached; if so, the bytes up to `end` are one error.
    pub(crate) fn reached_limit(&mut self, end: usize) -> bool {
        let reached = self.spans.len() >= SPAN_LIMIT;
        if reached {
            self.error(end, DecodeError::SpanLimit);
        }
        reached
    }

    /// Explains the message up to `end`.
    pub(crate) fn message(&mut self, end: usize, name: &str, field: Option<&'a Field<'a>>) {
        if self.depth >= DEPTH_LIMIT {
            return self.error(end, DecodeError::DepthLimit);
        }
        let message = self.schema.and_then(|schema| schema.message(name));
        let known = message.map_or("", |message| &message.name);
        let is_map_entry = message.is_some_and(|message| message.is_map_entry);
        self.open(end, Kind::Message { name: known, is_map_entry, field });
        self.fields(end, message, None);
        self.close();
    }

    /// Explains the fields up to `end`, or up to the end tag of the group, which is not consumed.
    fn fields(&mut self, end: usize, message: Option<&'a Message<'a>>, group: Option<u32>) {
        while self.at < end {
            if self.reached_limit(end) {
                return;
            }
            let (Tag { number, wire }, length) = match tag(self.remaining(end)) {
                Ok(tag) => tag,
                Err(error) => return self.error(end, error),
            };
            if wire == WireType::EndGroup {
                if group != Some(number) {
                    self.error(end, DecodeError::UnexpectedEndGroup);
                }
                return;
            }
            let field = message.and_then(|message| message.field(number));
            self.leaf(self.at + length, Kind::Tag { number, wire, field });
            let field = field.filter(|field| field.accepts(wire));
            match wire {
                WireType::StartGroup => self.group(end, number, field),
                WireType::LengthDelimited => self.delimited(end, field),
                _ => self.scalar(end, wire, field),
            }
        }
        if group.is_some() {
            self.error(end, DecodeError::UnterminatedGroup);
        }
    }

    /// Explains the group and its end tag.
    fn group(&mut self, end: usize, number: u32, field: Option<&'a Field<'a>>) {
        if self.depth >= DEPTH_LIMIT {
            return self.error(end, DecodeError::DepthLimit);
        }
        let message = field.and_then(|field| self.schema?.message(field.type_name));
        let (index, start) = (self.spans.len(), self.at);
        self.open(end, Kind::Group { field });
        self.fields(end, message, Some(number));
        self.close();
        if let Some(group) = self.spans.get_mut(index) {
            group.bytes = slice(self.body, start, self.at);
        }
        if let Ok((Tag { wire: WireType::EndGroup, .. }, length)) = tag(self.remaining(end)) {
            self.leaf(self.at + length, Kind::Tag { number, wire: WireType::EndGroup, field });
        }
    }

    /// Explains a length and the payload, as far as it is present.
    fn delimited(&mut self, end: usize, field: Option<&'a Field<'a>>) {
        let (length, used) = match varint(self.remaining(end)) {
            Ok(length) => length,
            Err(error) => return self.error(end, error),
        };
        self.leaf(self.at + used, Kind::Length(length));
        let end = self.available(end, length);
        let missing = length - (end - self.at) as u64;
        self.payload(end, field, missing > 0);
        self.missing(missing);
    }

    /// Returns the end of the next `length` bytes, at most `end`.
    pub(crate) fn available(&self, end: usize, length: u64) -> usize {
        self.at + length.min((end - self.at) as u64) as usize
    }

    /// Adds an error where bytes are missing.
    pub(crate) fn missing(&mut self, missing: u64) {
        if missing > 0 {
            self.error(self.at, DecodeError::Truncated(missing));
        }
    }

    /// Explains a length-delimited payload. A truncated string may end within a character.
    fn payload(&mut self, end: usize, field: Option<&'a Field<'a>>, is_truncated: bool) {
        match field.map(|field| (field, field.kind)) {
            Some((known, Type::Message)) => self.message(end, known.type_name, field),
            Some((_, Type::String)) if is_truncated || str::from_utf8(self.remaining(end)).is_ok() => {
                self.leaf(end, Kind::Text { field });
            }
            Some((_, Type::String)) => self.error(end, DecodeError::InvalidUtf8),
            None if looks_like_text(self.remaining(end)) => self.leaf(end, Kind::Text { field }),
            None | Some((_, Type::Bytes)) => self.leaf(end, Kind::Bytes { field }),
            Some((known, _)) => self.packed(end, known),
        }
    }

    /// Explains the values of a packed repeated field.
    fn packed(&mut self, end: usize, field: &'a Field<'a>) {
        self.open(end, Kind::Packed { field: Some(field) });
        while self.at < end && !self.reached_limit(end) {
            self.scalar(end, field.kind.wire(), Some(field));
        }
        self.close();
    }

    /// Explains a number; a malformed one extends to `end`.
    fn scalar(&mut self, end: usize, wire: WireType, field: Option<&'a Field<'a>>) {
        let bytes = self.remaining(end);
        let (kind, length) = if wire == WireType::Fixed32 {
            let Some(value) = bytes.first_chunk() else {
                return self.error(end, DecodeError::Truncated(4 - bytes.len() as u64));
            };
            (Kind::Fixed32 { value: u32::from_le_bytes(*value), field }, 4)
        } else if wire == WireType::Fixed64 {
            let Some(value) = bytes.first_chunk() else {
                return self.error(end, DecodeError::Truncated(8 - bytes.len() as u64));
            };
            (Kind::Fixed64 { value: u64::from_le_bytes(*value), field }, 8)
        } else {
            match varint(bytes) {
                Ok((value, length)) => {
                    (Kind::Varint { value, field, symbol: self.symbol(value, field) }, length)
                }
                Err(error) => return self.error(end, error),
            }
        };
        self.leaf(self.at + length, kind);
    }

    fn symbol(&self, value: u64, field: Option<&Field<'_>>) -> Option<&'a str> {
        let field = field.filter(|field| field.kind == Type::Enum)?;
        self.schema?.symbol(field.type_name, value as i32)
    }
}

/// Returns whether these bytes are probably text.
fn looks_like_text(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| *byte < b' ' && !byte.is_ascii_whitespace();
    !bytes.is_empty() && !bytes.iter().any(is_control) && str::from_utf8(bytes).is_ok()
}
