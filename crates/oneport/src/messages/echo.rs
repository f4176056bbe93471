//! What an error repeats of a request: enough to find it, and never more than that.

use std::borrow::Cow;

/// The most bytes of a request that its error repeats.
pub(crate) const ECHO_BYTES: usize = 200;

/// Stands for what is left out.
const GAP: &str = " ... ";

/// A text in at most so many bytes: its begin and its end, where it has more.
pub(crate) fn shortened(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    let room = max_bytes.saturating_sub(GAP.len());
    let end = room / 3;
    let head = &text[..text.floor_char_boundary(room - end)];
    let tail = &text[text.ceil_char_boundary(text.len() - end)..];
    Cow::Owned(format!("{head}{GAP}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_begin_and_its_end() {
        assert_eq!(shortened("number", 6), "number");
        let long = format!("begin{}end", "é".repeat(1_000_000));
        for max in 30..60 {
            let short = shortened(&long, max);
            assert!(short.len() <= max && short.len() + 4 > max, "{short}");
            assert!(short.starts_with("begin") && short.contains(GAP) && short.ends_with("end"), "{short}");
        }
    }
}
