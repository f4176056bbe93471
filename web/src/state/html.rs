//! Writes markup, piece by piece. Must not know what it is about.

/// Once in the program, and not where it is called: the calls are many.
#[inline(never)]
pub(super) fn add(out: &mut String, html: &str) {
    out.push_str(html);
}

/// What somebody else says, for an element or an attribute in double quotes; nothing in it is markup, nor moves a cursor.
pub(super) fn add_text(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '<' => add(out, "&lt;"),
            '&' => add(out, "&amp;"),
            '"' => add(out, "&quot;"),
            _ if letter.is_control() => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
}

/// A number.
pub(super) fn add_number(out: &mut String, number: usize) {
    add(out, &number.to_string());
}

/// A byte, as two digits.
pub(super) fn add_hex(out: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        out.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_says_is_no_markup() {
        let mut html = String::new();
        add_text(&mut html, "a<b>&\"\u{1b}[2J");
        assert_eq!(html, "a&lt;b>&amp;&quot;\u{fffd}[2J");
    }
}
