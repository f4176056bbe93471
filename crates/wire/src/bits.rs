//! Bytes as bits, in groups that mean something each.

use crate::{
    Kind, Span,
    frames::{COMPRESSED, END, TRAILERS},
};

/// A few bits of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits {
    /// The byte they are in, counted from the span's first.
    pub byte: usize,
    /// How many they are, 1 to 8.
    pub count: u8,
    /// Their value.
    pub value: u8,
    /// What they are for.
    pub role: Role,
}

/// What bits are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whether another byte follows.
    More,
    /// The field's number, 4 bits in the first byte and 7 in each other, least significant first.
    Number,
    /// The wire type.
    Wire,
    /// 7 bits of a value, least significant first.
    Value,
    /// Whether the frame holds gRPC-Web's trailers.
    Trailers,
    /// Whether the frame ends a stream of Connect's.
    End,
    /// Whether the frame is compressed.
    Compressed,
    /// Nothing: zeros.
    Reserved,
}

impl Bits {
    /// The `count` bits of `byte` that begin `shift` bits from its least significant one.
    fn of(byte: u8, index: usize, shift: u8, count: u8, role: Role) -> Self {
        Self { byte: index, count, value: byte >> shift & (0xff >> (8 - count)), role }
    }

    /// What they say, in a few words.
    pub fn meaning(&self) -> &'static str {
        let yes = self.value != 0;
        match self.role {
            Role::More if yes => "another byte follows",
            Role::More => "the last byte",
            Role::Number => "field number",
            Role::Wire => "wire type",
            Role::Value => "value",
            Role::Trailers if yes => "trailers",
            Role::Trailers => "no trailers",
            Role::End if yes => "the stream's end",
            Role::End => "not the stream's end",
            Role::Compressed if yes => "compressed",
            Role::Compressed => "not compressed",
            Role::Reserved => "reserved",
        }
    }

    /// As zeros and ones.
    pub fn binary(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        for shift in (0..self.count).rev() {
            text.push(if self.value >> shift & 1 == 0 { '0' } else { '1' });
        }
    }
}

impl Span<'_> {
    /// The bits of a tag, a varint, a length before bytes or a frame's flag, most significant first within each byte;
    /// none of anything else.
    pub fn bits(&self) -> Vec<Bits> {
        let mut bits = Vec::new();
        for (index, &byte) in self.bytes.iter().enumerate() {
            let mut take = |shift, count, role| bits.push(Bits::of(byte, index, shift, count, role));
            match self.kind {
                Kind::Flag(_) => {
                    take(TRAILERS.trailing_zeros() as u8, 1, Role::Trailers);
                    take(2, 5, Role::Reserved);
                    take(END.trailing_zeros() as u8, 1, Role::End);
                    take(COMPRESSED.trailing_zeros() as u8, 1, Role::Compressed);
                }
                Kind::Tag { .. } if index == 0 => {
                    take(7, 1, Role::More);
                    take(3, 4, Role::Number);
                    take(0, 3, Role::Wire);
                }
                Kind::Tag { .. } => {
                    take(7, 1, Role::More);
                    take(0, 7, Role::Number);
                }
                Kind::Varint { .. } | Kind::Length(_) => {
                    take(7, 1, Role::More);
                    take(0, 7, Role::Value);
                }
                _ => return bits,
            }
        }
        bits
    }

    /// These bits as zeros and ones: a space between groups, two between bytes.
    pub fn binary(&self) -> String {
        let mut text = String::new();
        let mut byte = 0;
        for bits in self.bits() {
            if bits.byte != byte {
                text.push(' ');
            }
            if !text.is_empty() {
                text.push(' ');
            }
            byte = bits.byte;
            bits.write(&mut text);
        }
        text
    }
}
