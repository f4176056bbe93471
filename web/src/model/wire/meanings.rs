//! The meaning of a range of bytes, down to the bits.

use std::ops::Range;

use increment_wire::{Kind, Span};

/// The number of bytes shown with a meaning, enough for any number.
const MAX_BYTES: usize = 10;

/// What a range of bytes means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The range in the body.
    pub range: Range<usize>,
    /// The number of meanings that contain this one.
    pub depth: u8,
    /// The name of the kind; none where other meanings are within.
    pub kind: Option<&'static str>,
    /// The bytes in hexadecimal; empty where other meanings are within.
    pub hex: String,
    /// The meaning in one sentence.
    pub text: String,
    /// The bits, where they have a meaning of their own.
    pub bits: Vec<Bits>,
}

/// A group of bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    /// The zeros and ones.
    pub binary: String,
    /// The role in a tag or a flag; empty for all the bits of a number.
    pub role: &'static str,
}

pub(super) fn meaning(span: &Span<'_>) -> Meaning {
    let is_leaf = span.is_leaf();
    Meaning {
        range: span.range(),
        depth: span.depth,
        kind: is_leaf.then(|| span.kind.name()),
        hex: if is_leaf { hex(span.bytes) } else { String::new() },
        text: span.meaning(),
        bits: bits(span),
    }
}

fn hex(bytes: &[u8]) -> String {
    let shown: Vec<_> = bytes.iter().take(MAX_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let rest = if bytes.len() > MAX_BYTES { " …" } else { "" };
    shown.join(" ") + rest
}

fn bits(span: &Span<'_>) -> Vec<Bits> {
    match span.kind {
        Kind::Tag { .. } | Kind::Flag(_) => {
            span.bits().iter().map(|bits| Bits { binary: bits.binary(), role: bits.meaning() }).collect()
        }
        Kind::Varint { .. } | Kind::Length(_) => vec![Bits { binary: span.binary(), role: "" }],
        _ => Vec::new(),
    }
}
