//! Writes markup, piece by piece. Must not know what it is about.

/// Once in the program, and not where it is called: the calls are many.
#[inline(never)]
pub(super) fn add(out: &mut String, html: &str) {
    out.push_str(html);
}

/// What somebody else says; nothing in it is markup, nor moves a cursor.
pub(super) fn add_text(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '<' => add(out, "&lt;"),
            '&' => add(out, "&amp;"),
            _ if letter.is_control() => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
}

pub(super) fn add_number(out: &mut String, number: usize) {
    add(out, &number.to_string());
}

pub(super) fn add_hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
    }
}
