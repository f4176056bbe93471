//! Appends markup and escaped text to a string.

/// Not inlined: the many calls would make the page larger.
#[inline(never)]
pub(super) fn push(out: &mut String, html: &str) {
    out.push_str(html);
}

/// Appends text for an element or a double-quoted attribute, escaped and without control characters.
pub(super) fn push_text(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '<' => push(out, "&lt;"),
            '&' => push(out, "&amp;"),
            '"' => push(out, "&quot;"),
            _ if letter.is_control() => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
}

/// Appends a number.
pub(super) fn push_number(out: &mut String, number: usize) {
    push(out, &number.to_string());
}

/// Appends a byte as two hexadecimal digits.
pub(super) fn push_hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        let mut html = String::new();
        push_text(&mut html, "a<b>&\"\u{1b}[2J");
        assert_eq!(html, "a&lt;b>&amp;&quot;\u{fffd}[2J");
    }
}
