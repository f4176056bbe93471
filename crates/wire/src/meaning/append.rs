//! Appends text to the explanation.

/// Not inlined: the many calls would make the page larger.
#[inline(never)]
pub(super) fn append(out: &mut String, text: &str) {
    out.push_str(text);
}
