//! Walks through messages with the schema beside them. Must not know frames, nor words.

use crate::{
    Fault, Field, Kind, Message, Schema, Span, Type, Wire,
    read::{Tag, slice, tag, varint},
};

/// How deep messages may be nested; protobuf's own readers stop here too.
pub const DEPTH_LIMIT: u8 = 100;

/// After so many spans, the rest of a body is not explained: a page could not show them.
pub const SPAN_LIMIT: usize = 20_000;

/// What is left to explain begins at `at`.
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

    /// What is left of the bytes before `end`.
    pub(crate) fn rest(&self, end: usize) -> &'a [u8] {
        slice(self.body, self.at, end)
    }

    /// The bytes from here to `end` are this.
    pub(crate) fn leaf(&mut self, end: usize, kind: Kind<'a>) {
        self.spans.push(Span { start: self.at, bytes: self.rest(end), depth: self.depth, kind });
        self.at = end;
    }

    pub(crate) fn fault(&mut self, end: usize, fault: Fault) {
        self.leaf(end, Kind::Fault(fault));
    }

    /// The bytes from here to `end` are this, and are explained by what follows, until `close`.
    pub(crate) fn open(&mut self, end: usize, kind: Kind<'a>) {
        self.spans.push(Span { start: self.at, bytes: self.rest(end), depth: self.depth, kind });
        self.depth += 1;
    }

    pub(crate) fn close(&mut self) {
        self.depth -= 1;
    }

    /// Whether there are spans enough; then the bytes before `end` are left as they are.
    pub(crate) fn is_full(&mut self, end: usize) -> bool {
        let is_full = self.spans.len() >= SPAN_LIMIT;
        if is_full {
            self.fault(end, Fault::TooMany);
        }
        is_full
    }

    /// The message from here to `end`.
    pub(crate) fn message(&mut self, end: usize, name: &str, field: Option<&'a Field<'a>>) {
        if self.depth >= DEPTH_LIMIT {
            return self.fault(end, Fault::TooDeep);
        }
        let message = self.schema.and_then(|schema| schema.message(name));
        let known = message.map_or("", |message| &message.name);
        let is_map_entry = message.is_some_and(|message| message.is_map_entry);
        self.open(end, Kind::Message { name: known, is_map_entry, field });
        self.fields(end, message, None);
        self.close();
    }

    /// The fields from here to `end`, or to the end of this group, which is left.
    fn fields(&mut self, end: usize, message: Option<&'a Message<'a>>, group: Option<u32>) {
        while self.at < end {
            if self.is_full(end) {
                return;
            }
            let (Tag { number, wire }, length) = match tag(self.rest(end)) {
                Ok(tag) => tag,
                Err(fault) => return self.fault(end, fault),
            };
            if wire == Wire::EndGroup {
                if group != Some(number) {
                    self.fault(end, Fault::GroupEnd);
                }
                return;
            }
            let field = message.and_then(|message| message.field(number));
            self.leaf(self.at + length, Kind::Tag { number, wire, field });
            let field = field.filter(|field| field.accepts(wire));
            match wire {
                Wire::StartGroup => self.group(end, number, field),
                Wire::Length => self.delimited(end, field),
                _ => self.scalar(end, wire, field),
            }
        }
        if group.is_some() {
            self.fault(end, Fault::GroupOpen);
        }
    }

    /// The group from here to its end, and the tag that ends it.
    fn group(&mut self, end: usize, number: u32, field: Option<&'a Field<'a>>) {
        if self.depth >= DEPTH_LIMIT {
            return self.fault(end, Fault::TooDeep);
        }
        let message = field.and_then(|field| self.schema?.message(field.of));
        let (index, start) = (self.spans.len(), self.at);
        self.open(end, Kind::Group { field });
        self.fields(end, message, Some(number));
        self.close();
        if let Some(group) = self.spans.get_mut(index) {
            group.bytes = slice(self.body, start, self.at);
        }
        if let Ok((Tag { wire: Wire::EndGroup, .. }, length)) = tag(self.rest(end)) {
            self.leaf(self.at + length, Kind::Tag { number, wire: Wire::EndGroup, field });
        }
    }

    /// A length, and as much of what follows as there is.
    fn delimited(&mut self, end: usize, field: Option<&'a Field<'a>>) {
        let (length, used) = match varint(self.rest(end)) {
            Ok(length) => length,
            Err(fault) => return self.fault(end, fault),
        };
        self.leaf(self.at + used, Kind::Length(length));
        let end = self.available(end, length);
        let missing = length - (end - self.at) as u64;
        self.payload(end, field, missing > 0);
        self.missing(missing);
    }

    /// Where the next `length` bytes end, or before that `end`.
    pub(crate) fn available(&self, end: usize, length: u64) -> usize {
        self.at + length.min((end - self.at) as u64) as usize
    }

    /// Says so where bytes are missing here.
    pub(crate) fn missing(&mut self, missing: u64) {
        if missing > 0 {
            self.fault(self.at, Fault::Missing(missing));
        }
    }

    /// What a length stands before. What is cut may have lost a part of its last character.
    fn payload(&mut self, end: usize, field: Option<&'a Field<'a>>, is_cut: bool) {
        match field.map(|field| (field, field.kind)) {
            Some((known, Type::Message)) => self.message(end, known.of, field),
            Some((_, Type::String)) if is_cut || str::from_utf8(self.rest(end)).is_ok() => {
                self.leaf(end, Kind::Text { field });
            }
            Some((_, Type::String)) => self.fault(end, Fault::NotUtf8),
            None if is_readable(self.rest(end)) => self.leaf(end, Kind::Text { field }),
            None | Some((_, Type::Bytes)) => self.leaf(end, Kind::Bytes { field }),
            Some((known, _)) => self.packed(end, known),
        }
    }

    /// The values of a repeated field, one after the other.
    fn packed(&mut self, end: usize, field: &'a Field<'a>) {
        self.open(end, Kind::Packed { field: Some(field) });
        while self.at < end && !self.is_full(end) {
            self.scalar(end, field.kind.wire(), Some(field));
        }
        self.close();
    }

    /// A number; where it breaks, the bytes before `end` are lost.
    fn scalar(&mut self, end: usize, wire: Wire, field: Option<&'a Field<'a>>) {
        let bytes = self.rest(end);
        let (kind, length) = if wire == Wire::Fixed32 {
            let Some(value) = bytes.first_chunk() else {
                return self.fault(end, Fault::Missing(4 - bytes.len() as u64));
            };
            (Kind::Fixed32 { value: u32::from_le_bytes(*value), field }, 4)
        } else if wire == Wire::Fixed64 {
            let Some(value) = bytes.first_chunk() else {
                return self.fault(end, Fault::Missing(8 - bytes.len() as u64));
            };
            (Kind::Fixed64 { value: u64::from_le_bytes(*value), field }, 8)
        } else {
            match varint(bytes) {
                Ok((value, length)) => {
                    (Kind::Varint { value, field, symbol: self.symbol(value, field) }, length)
                }
                Err(fault) => return self.fault(end, fault),
            }
        };
        self.leaf(self.at + length, kind);
    }

    fn symbol(&self, value: u64, field: Option<&Field<'_>>) -> Option<&'a str> {
        let field = field.filter(|field| field.kind == Type::Enum)?;
        self.schema?.symbol(field.of, value as i32)
    }
}

/// Whether this is more likely a text than other bytes.
fn is_readable(bytes: &[u8]) -> bool {
    let is_odd = |byte: &u8| *byte < b' ' && !byte.is_ascii_whitespace();
    !bytes.is_empty() && !bytes.iter().any(is_odd) && str::from_utf8(bytes).is_ok()
}
