//! Formats text from the wire, without control characters.

use super::append::append;
use crate::status::status_name;

/// The maximum length of a text, in characters.
const TEXT_LIMIT: usize = 80;

/// Appends a trailer, with the name of its status.
pub(super) fn trailer(out: &mut String, line: &[u8]) {
    let line = line.trim_ascii_end();
    let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
    let (name, value) = line.split_at_checked(colon).unwrap_or_default();
    let value = value.split_first().map_or(value, |colon| colon.1).trim_ascii();
    printable(out, name);
    append(out, ": ");
    printable(out, value);
    if name.eq_ignore_ascii_case(b"grpc-status")
        && let Some(status) = str::from_utf8(value).ok().and_then(status_name)
    {
        append(out, " (");
        append(out, status);
        append(out, ")");
    }
}

/// Appends the start of a text, in quotation marks.
pub(super) fn quoted(out: &mut String, bytes: &[u8]) {
    append(out, "\"");
    printable(out, bytes);
    append(out, "\"");
}

/// Appends the start of a text; control characters are replaced.
fn printable(out: &mut String, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut characters = text.chars();
    for character in characters.by_ref().take(TEXT_LIMIT) {
        out.push(if character.is_control() { '\u{fffd}' } else { character });
    }
    if characters.next().is_some() {
        append(out, "…");
    }
}
