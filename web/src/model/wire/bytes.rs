//! The bytes of a body, each with what it belongs to.

use increment_wire::Span;

/// The number of bytes of a body that are shown.
pub const SHOWN: usize = 512;

/// A byte of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Byte {
    /// The value.
    pub value: u8,
    /// The index of its meaning, the innermost one; none where the body is not explained.
    pub meaning: Option<usize>,
    /// The name of the kind of its meaning.
    pub kind: Option<&'static str>,
    /// Whether it is the last byte of its meaning.
    pub is_last: bool,
}

impl Byte {
    /// Returns two hexadecimal digits.
    pub fn hex(self) -> String {
        format!("{:02x}", self.value)
    }

    /// Returns the character, or a dot for a byte that is not a visible one.
    pub fn character(self) -> char {
        if self.value.is_ascii_graphic() { char::from(self.value) } else { '·' }
    }
}

/// Returns the first [`SHOWN`] bytes of a body. A span that contains others precedes them.
pub(super) fn bytes(body: &[u8], spans: &[Span<'_>]) -> Vec<Byte> {
    let byte = |(offset, &value)| {
        let innermost = spans.iter().enumerate().rev().find(|(_, span)| span.range().contains(&offset));
        Byte {
            value,
            meaning: innermost.map(|(index, _)| index),
            kind: innermost.map(|(_, span)| span.kind.name()),
            is_last: innermost.is_some_and(|(_, span)| span.range().end == offset + 1),
        }
    };
    body.iter().take(SHOWN).enumerate().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_visible_ascii_is_shown_as_a_character() {
        let character = |value| Byte { value, meaning: None, kind: None, is_last: false }.character();
        assert_eq!([b',', b'~', b' ', 0x1b, 0x7f, 0xff].map(character), [',', '~', '·', '·', '·', '·']);
    }
}
