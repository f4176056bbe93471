//! Describes a span in one sentence, for readers new to protobuf.

mod append;
mod number;
mod text;

use self::{
    append::append,
    number::{signed, unsigned},
    text::{quoted, trailer},
};
use crate::{
    decode::WireType,
    error::DecodeError,
    schema::{Field, Type},
    span::{Kind, Span},
};

impl Span<'_> {
    /// Returns the meaning in one sentence.
    pub fn meaning(&self) -> String {
        let mut text = String::new();
        self.write_meaning(&mut text);
        text
    }

    fn write_meaning(&self, out: &mut String) {
        match self.kind {
            Kind::Flag(flag) => self::flag(out, flag),
            Kind::FrameLength(length) => {
                self::length(out, length.into());
                append(out, "; 4 bytes, most significant first");
            }
            Kind::Compressed => append(out, "compressed bytes: unreadable until decompressed"),
            Kind::Trailers => append(out, "trailers: how the call ended, a line each"),
            Kind::Trailer => trailer(out, self.bytes),
            Kind::Message { name, is_map_entry, field } => {
                message(out, name, is_map_entry, field, self.bytes.is_empty());
            }
            Kind::Group { field } => field_text(out, field, ": ", "a group: the fields until its end"),
            Kind::Packed { field } => {
                field_text(out, field, ", ", "packed: its values one after the other, without tags");
            }
            Kind::Tag { number, wire, field } => tag(out, number, wire, field),
            Kind::Varint { value, field, symbol } => self.write_varint(out, value, field, symbol),
            Kind::Fixed32 { value, field } => fixed32(out, value, field),
            Kind::Fixed64 { value, field } => fixed64(out, value, field),
            Kind::Length(length) => self::length(out, length),
            Kind::Text { field } => {
                named(out, field, " = ");
                quoted(out, self.bytes);
            }
            Kind::Bytes { field } => {
                named(out, field, " = ");
                bytes(out, self.bytes.len() as u64);
            }
            Kind::Error(error) => self::error(out, error),
        }
    }

    fn write_varint(&self, out: &mut String, value: u64, field: Option<&Field<'_>>, symbol: Option<&str>) {
        named(out, field, " = ");
        let is_signed = varint(out, value, field);
        if let Some(symbol) = symbol {
            append(out, " (");
            append(out, symbol);
            append(out, ")");
        }
        self.varint_encoding(out, value, field, is_signed);
    }

    /// Describes the encoding of a varint.
    fn varint_encoding(&self, out: &mut String, value: u64, field: Option<&Field<'_>>, is_signed: bool) {
        if let Some(Type::Sint32 | Type::Sint64) = field.map(|field| field.kind) {
            append(out, ": zigzag of ");
            unsigned(out, value);
            append(out, ", where 0, -1, 1, -2 are 0, 1, 2, 3");
        } else if is_signed {
            append(out, ": two's complement of 64 bits, hence 10 bytes, least significant 7 bits first");
        } else if self.bytes.len() > 1 {
            append(out, ": 7 bits of each byte, least significant first");
        }
    }
}

/// Appends the field's name and `link`; nothing without a field.
fn named(out: &mut String, field: Option<&Field<'_>>, link: &str) {
    if let Some(field) = field {
        append(out, field.name);
        append(out, link);
    }
}

fn field_text(out: &mut String, field: Option<&Field<'_>>, link: &str, text: &str) {
    named(out, field, link);
    append(out, text);
}

fn bytes(out: &mut String, count: u64) {
    unsigned(out, count);
    append(out, if count == 1 { " byte" } else { " bytes" });
}

fn fixed32(out: &mut String, value: u32, field: Option<&Field<'_>>) {
    named(out, field, " = ");
    number::fixed32(out, value, field.map(|field| field.kind));
    append(out, ": 4 bytes, least significant first");
}

fn fixed64(out: &mut String, value: u64, field: Option<&Field<'_>>) {
    named(out, field, " = ");
    number::fixed64(out, value, field.map(|field| field.kind));
    append(out, ": 8 bytes, least significant first");
}

fn flag(out: &mut String, flag: u8) {
    let (text, what) = match flag {
        0 => ("0", "a message, not compressed"),
        1 => ("1", "a message, compressed"),
        2 | 3 => ("2", "end of a Connect stream, in JSON"),
        0x80 => ("80", "trailers, not compressed"),
        _ => ("81", "trailers, compressed"),
    };
    append(out, "flag ");
    append(out, text);
    append(out, ": ");
    append(out, what);
}

fn length(out: &mut String, length: u64) {
    append(out, "length ");
    unsigned(out, length);
    append(out, ": that many bytes follow");
}

fn message(out: &mut String, name: &str, is_map_entry: bool, field: Option<&Field<'_>>, is_empty: bool) {
    named(out, field, ": ");
    match (name, is_map_entry) {
        ("", _) => append(out, "a message"),
        (_, true) => append(out, "one entry of the map, a message of key and value"),
        _ => {
            append(out, "the message ");
            append(out, name);
        }
    }
    append(out, if is_empty { ", empty: each field has its default value" } else { "" });
}

fn error(out: &mut String, error: DecodeError) {
    append(out, if error == DecodeError::SpanLimit { "" } else { "malformed: " });
    if let DecodeError::Truncated(missing) = error {
        unsigned(out, missing);
    }
    append(out, error.description());
}

fn tag(out: &mut String, number: u32, wire: WireType, field: Option<&Field<'_>>) {
    append(out, "field ");
    unsigned(out, number.into());
    match field {
        Some(field) => {
            let repeated = if field.is_repeated { ", repeated " } else { ", " };
            append(out, " (");
            append(out, field.name);
            append(out, repeated);
            append(out, field.kind.name());
            append(out, ")");
        }
        None => append(out, " (unknown)"),
    }
    append(out, ", wire type ");
    append(out, wire.name());
    if let Some(field) = field
        && wire != WireType::EndGroup
        && !field.accepts(wire)
    {
        append(out, "; ");
        append(out, field.kind.name());
        append(out, " has ");
        append(out, field.kind.wire().name());
        append(out, ", so decoders skip this");
    }
}

/// Appends a varint's value; returns whether it is negative and not zigzag.
fn varint(out: &mut String, value: u64, field: Option<&Field<'_>>) -> bool {
    // Decoders of 32-bit types drop the upper bits.
    let value = match field.map(|field| field.kind) {
        Some(Type::Bool) => {
            append(out, if value == 0 { "false" } else { "true" });
            return false;
        }
        Some(Type::Int64) => value as i64,
        Some(Type::Int32 | Type::Enum) => (value as i32).into(),
        Some(Type::Uint32) => (value as u32).into(),
        Some(Type::Sint32) => zigzag((value as u32).into()),
        Some(Type::Sint64) => zigzag(value),
        _ => {
            unsigned(out, value);
            return false;
        }
    };
    signed(out, value);
    value < 0
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
