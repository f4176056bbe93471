//! What a span means, in one sentence for a person who has never seen protobuf. Must not know how spans come about.

mod number;
mod text;

use self::{
    number::{signed, unsigned},
    text::{quoted, trailer},
};
use crate::{Fault, Field, Kind, Span, Type, Wire};

impl Span<'_> {
    /// What it means, in one sentence, made anew each time.
    pub fn meaning(&self) -> String {
        let mut text = String::new();
        self.tell(&mut text);
        text
    }

    fn tell(&self, out: &mut String) {
        match self.kind {
            Kind::Flag(flag) => self::flag(out, flag),
            Kind::FrameLength(length) => {
                self::length(out, length.into());
                add(out, "; 4 bytes, most significant first");
            }
            Kind::Compressed => {
                add(out, "compressed bytes: they tell nothing before they are decompressed");
            }
            Kind::Trailers => add(out, "trailers: how the call ended, a line each"),
            Kind::Trailer => trailer(out, self.bytes),
            Kind::Message { name, is_map_entry, field } => {
                message(out, name, is_map_entry, field);
                if self.bytes.is_empty() {
                    add(out, ", empty: each field has its default value");
                }
            }
            Kind::Group { field } => {
                named(out, field, ": ");
                add(out, "a group: the fields until its end");
            }
            Kind::Packed { field } => {
                named(out, field, ", ");
                add(out, "packed: its values one after the other, without tags");
            }
            Kind::Tag { number, wire, field } => tag(out, number, wire, field),
            Kind::Varint { value, field, symbol } => {
                named(out, field, " = ");
                let is_signed = varint(out, value, field);
                if let Some(symbol) = symbol {
                    add(out, " (");
                    add(out, symbol);
                    add(out, ")");
                }
                self.varint_encoding(out, value, field, is_signed);
            }
            Kind::Fixed32 { value, field } => {
                named(out, field, " = ");
                number::fixed32(out, value, field.map(|field| field.kind));
                add(out, ": 4 bytes, least significant first");
            }
            Kind::Fixed64 { value, field } => {
                named(out, field, " = ");
                number::fixed64(out, value, field.map(|field| field.kind));
                add(out, ": 8 bytes, least significant first");
            }
            Kind::Length(length) => self::length(out, length),
            Kind::Text { field } => {
                named(out, field, " = ");
                quoted(out, self.bytes);
            }
            Kind::Bytes { field } => {
                named(out, field, " = ");
                bytes(out, self.bytes.len() as u64);
            }
            Kind::Fault(fault) => {
                if fault != Fault::TooMany {
                    add(out, "it breaks here: ");
                }
                if let Fault::Missing(missing) = fault {
                    unsigned(out, missing);
                }
                add(out, fault.text());
            }
        }
    }

    /// How a varint comes to be the number it is.
    fn varint_encoding(&self, out: &mut String, value: u64, field: Option<&Field<'_>>, is_signed: bool) {
        if let Some(Type::Sint32 | Type::Sint64) = field.map(|field| field.kind) {
            add(out, ": zigzag of ");
            unsigned(out, value);
            add(out, ", where 0, -1, 1, -2 are 0, 1, 2, 3");
        } else if is_signed {
            add(out, ": two's complement of 64 bits, hence 10 bytes, least significant 7 bits first");
        } else if self.bytes.len() > 1 {
            add(out, ": 7 bits of each byte, least significant first");
        }
    }
}

/// Once in the program, and not where it is called: the calls are many.
#[inline(never)]
fn add(out: &mut String, text: &str) {
    out.push_str(text);
}

/// The field's name and what links it to its value; nothing without a name.
fn named(out: &mut String, field: Option<&Field<'_>>, link: &str) {
    if let Some(field) = field {
        add(out, field.name);
        add(out, link);
    }
}

fn bytes(out: &mut String, count: u64) {
    unsigned(out, count);
    add(out, if count == 1 { " byte" } else { " bytes" });
}

fn flag(out: &mut String, flag: u8) {
    let (text, what) = match flag {
        0 => ("0", "a message, not compressed"),
        1 => ("1", "a message, compressed"),
        2 | 3 => ("2", "the end of Connect's stream, in JSON"),
        0x80 => ("80", "trailers, not compressed"),
        _ => ("81", "trailers, compressed"),
    };
    add(out, "flag ");
    add(out, text);
    add(out, ": ");
    add(out, what);
}

fn length(out: &mut String, length: u64) {
    add(out, "length ");
    unsigned(out, length);
    add(out, ": that many bytes follow");
}

fn message(out: &mut String, name: &str, is_map_entry: bool, field: Option<&Field<'_>>) {
    named(out, field, ": ");
    match (name, is_map_entry) {
        ("", _) => add(out, "a message"),
        (_, true) => add(out, "one entry of the map, a message of key and value"),
        _ => {
            add(out, "the message ");
            add(out, name);
        }
    }
}

fn tag(out: &mut String, number: u32, wire: Wire, field: Option<&Field<'_>>) {
    add(out, "field ");
    unsigned(out, number.into());
    match field {
        Some(field) => {
            let repeated = if field.is_repeated { ", repeated " } else { ", " };
            add(out, " (");
            add(out, field.name);
            add(out, repeated);
            add(out, field.kind.name());
            add(out, ")");
        }
        None => add(out, " (unknown)"),
    }
    add(out, ", wire type ");
    add(out, wire.name());
    if let Some(field) = field
        && wire != Wire::EndGroup
        && !field.accepts(wire)
    {
        add(out, "; ");
        add(out, field.kind.name());
        add(out, " has ");
        add(out, field.kind.wire().name());
        add(out, ", so readers skip this");
    }
}

/// Writes a varint's value; returns whether it is a negative one that is not zigzag.
fn varint(out: &mut String, value: u64, field: Option<&Field<'_>>) -> bool {
    // Readers of 32 bits drop the others.
    let value = match field.map(|field| field.kind) {
        Some(Type::Bool) => {
            add(out, if value == 0 { "false" } else { "true" });
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
