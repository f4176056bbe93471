//! `cargo xtask tour`: the study's practical part on this system, each step done for real, and its document,
//! `docs/tour.md`.

mod capture;
mod document;
mod dump;
mod encrypted;
mod first_call;
mod fixture;
mod in_clear;
mod packets;
mod quote;

use anyhow::{Result, bail};
use fs_err as fs;
use xtask::{debian, print, project};

use self::fixture::Fixture;
use crate::counts::Counts;

/// The document, from the top folder.
const DOCUMENT: &str = "docs/tour.md";

/// Does all steps; writes the document when it `is_to_write`, else compares.
pub(crate) fn run(is_to_write: bool) -> Result<()> {
    let document = walk()?;
    if is_to_write {
        return Ok(fs::write(project::root().join(DOCUMENT), document)?);
    }
    compare(&document)
}

/// Does all steps; fails too when the document differs.
pub(crate) fn test() -> Counts {
    walk().and_then(|document| compare(&document)).into()
}

/// Makes sure that the machine has what the steps need.
pub(crate) fn ensure_needs() -> Result<()> {
    debian::ensure(&[debian::OPENSSL, debian::PYTHON, debian::TSHARK])
}

/// Does all steps, one after the other; the document with their results.
fn walk() -> Result<String> {
    ensure_needs()?;
    document::render(&Fixture::open()?)
}

fn compare(document: &str) -> Result<()> {
    match first_difference(&fs::read_to_string(project::root().join(DOCUMENT))?, document) {
        None => {
            print::result(&format!("every step does what {DOCUMENT} says"));
            Ok(())
        }
        Some((number, written, now)) => bail!(
            "{DOCUMENT}, line {number} says `{written}`, and now it is `{now}`: `cargo xtask tour --write` writes it anew"
        ),
    }
}

/// The first line that differs: its number, and the line in either text.
fn first_difference<'t>(written: &'t str, now: &'t str) -> Option<(usize, &'t str, &'t str)> {
    const END: &str = "the end";
    let count = written.split('\n').count().max(now.split('\n').count());
    let (mut written, mut now) = (written.split('\n'), now.split('\n'));
    let mut lines =
        (1..=count).map(|number| (number, written.next().unwrap_or(END), now.next().unwrap_or(END)));
    lines.find(|(_, written, now)| written != now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some((2, "", "b")));
        assert_eq!(first_difference("a", "a\nb"), Some((2, "the end", "b")));
    }
}
