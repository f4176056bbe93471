//! Splits bytes into groups of bits, each with a role.

use crate::{
    frames::{COMPRESSED, END_STREAM, TRAILERS},
    span::{Kind, Span},
};

/// A group of bits in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits {
    /// The index of the byte in its span.
    pub byte: usize,
    /// The number of bits, 1 to 8.
    pub count: u8,
    /// The value of the bits.
    pub value: u8,
    /// The role of the bits.
    pub role: Role,
}

/// The role of a group of bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whether another byte follows.
    Continuation,
    /// The field number: 4 bits in the first byte, 7 in each other, least significant first.
    FieldNumber,
    /// The wire type.
    WireType,
    /// 7 bits of a value, least significant first.
    Value,
    /// Whether the frame holds gRPC-Web's trailers.
    Trailers,
    /// Whether the frame ends a Connect stream.
    EndStream,
    /// Whether the frame is compressed.
    Compressed,
    /// Unused: zeros.
    Reserved,
}

impl Bits {
    /// Returns the `count` bits of `byte` that begin `shift` bits from the least significant one.
    fn extract(byte: u8, index: usize, shift: u8, count: u8, role: Role) -> Self {
        Self { byte: index, count, value: byte >> shift & (0xff >> (8 - count)), role }
    }

    /// Returns the meaning in a few words.
    pub fn meaning(&self) -> &'static str {
        let yes = self.value != 0;
        match self.role {
            Role::Continuation if yes => "another byte follows",
            Role::Continuation => "the last byte",
            Role::FieldNumber => "field number",
            Role::WireType => "wire type",
            Role::Value => "value",
            Role::Trailers if yes => "trailers",
            Role::Trailers => "no trailers",
            Role::EndStream if yes => "end of stream",
            Role::EndStream => "not end of stream",
            Role::Compressed if yes => "compressed",
            Role::Compressed => "not compressed",
            Role::Reserved => "reserved",
        }
    }

    /// Returns the bits as zeros and ones.
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
    /// Returns the bits of a tag, varint, length prefix or frame flag, most significant first in each byte; otherwise
    /// none.
    pub fn bits(&self) -> Vec<Bits> {
        let mut bits = Vec::new();
        for (index, &byte) in self.bytes.iter().enumerate() {
            let mut push = |shift, count, role| bits.push(Bits::extract(byte, index, shift, count, role));
            match self.kind {
                Kind::Flag(_) => {
                    push(TRAILERS.trailing_zeros() as u8, 1, Role::Trailers);
                    push(2, 5, Role::Reserved);
                    push(END_STREAM.trailing_zeros() as u8, 1, Role::EndStream);
                    push(COMPRESSED.trailing_zeros() as u8, 1, Role::Compressed);
                }
                Kind::Tag { .. } if index == 0 => {
                    push(7, 1, Role::Continuation);
                    push(3, 4, Role::FieldNumber);
                    push(0, 3, Role::WireType);
                }
                Kind::Tag { .. } => {
                    push(7, 1, Role::Continuation);
                    push(0, 7, Role::FieldNumber);
                }
                Kind::Varint { .. } | Kind::Length(_) => {
                    push(7, 1, Role::Continuation);
                    push(0, 7, Role::Value);
                }
                _ => return bits,
            }
        }
        bits
    }

    /// Returns the bits as zeros and ones, with a space between groups and two between bytes.
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
