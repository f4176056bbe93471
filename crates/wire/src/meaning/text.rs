//! Text that came over the wire, such that it can be shown. Must not know what it is for.

use super::add;
use crate::status_name;

/// The characters of a text that are told.
const TEXT_LIMIT: usize = 80;

/// A line, with the name of its status.
pub(super) fn trailer(out: &mut String, line: &[u8]) {
    let line = line.trim_ascii_end();
    let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
    let (name, value) = line.split_at_checked(colon).unwrap_or_default();
    let value = value.split_first().map_or(value, |colon| colon.1).trim_ascii();
    shown(out, name);
    add(out, ": ");
    shown(out, value);
    if name.eq_ignore_ascii_case(b"grpc-status")
        && let Some(status) = str::from_utf8(value).ok().and_then(status_name)
    {
        add(out, " (");
        add(out, status);
        add(out, ")");
    }
}

/// The begin of a text, in quotation marks.
pub(super) fn quoted(out: &mut String, bytes: &[u8]) {
    add(out, "\"");
    shown(out, bytes);
    add(out, "\"");
}

/// The begin of a text; nothing in it moves a cursor.
fn shown(out: &mut String, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut characters = text.chars();
    for character in characters.by_ref().take(TEXT_LIMIT) {
        out.push(if character.is_control() { '\u{fffd}' } else { character });
    }
    if characters.next().is_some() {
        add(out, "…");
    }
}
