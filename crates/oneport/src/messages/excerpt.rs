//! Excerpts of a request for error messages: enough to find the place, and of bounded length.

use std::borrow::Cow;

/// The most bytes of a request that an error repeats.
pub(crate) const EXCERPT_BYTES: usize = 200;

/// Stands for what is left out.
const GAP: &str = " ... ";

/// The text in at most so many bytes: its start and its end, where it has more.
pub(crate) fn excerpt(text: &str, max_bytes: usize) -> Cow<'_, str> {
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
    fn the_excerpt_of_a_long_text_has_its_start_and_its_end() {
        assert_eq!(excerpt("number", 6), "number");
        let long = format!("begin{}end", "é".repeat(1_000_000));
        for max in 30..60 {
            let short = excerpt(&long, max);
            assert!(short.len() <= max && short.len() + 4 > max, "{short}");
            assert!(short.starts_with("begin") && short.contains(GAP) && short.ends_with("end"), "{short}");
        }
    }
}
