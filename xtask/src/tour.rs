//! `cargo xtask tour`: the study's practical part on this system, each step done for real, and its document,
//! `docs/tour.md`. Must not know what a step shows.

mod capture;
mod document;
mod dump;
mod encrypted;
mod first_call;
mod in_clear;
mod packets;
mod quote;
mod stage;

use std::fs;

use self::stage::Stage;
use crate::{Outcome, counts::Counts, debian, project, run};

/// The document, from the top folder.
const DOCUMENT: &str = "docs/tour.md";

/// The contract, from the top folder.
const CONTRACT: &str = "proto/template_grpc.proto";

/// What the call brings back, wherever one looks for it.
const REPLY: &str = "Send: 5681, Return: 5682";

/// Does all steps; writes the document when it `is_to_write`, else compares.
pub(crate) fn run(is_to_write: bool) -> Outcome {
    let document = walk()?;
    if is_to_write {
        return fs::write(project::root().join(DOCUMENT), document)
            .map_err(|error| format!("{DOCUMENT}: {error}"));
    }
    compare(&document)
}

/// Does all steps; fails too when the document says something else.
pub(crate) fn test() -> Counts {
    walk().and_then(|document| compare(&document)).into()
}

/// Makes sure that the machine has what the steps need.
pub(crate) fn ensure_needs() -> Outcome {
    debian::ensure(&[debian::OPENSSL, debian::PYTHON, debian::TSHARK])
}

/// Does all steps, one after the other; what they gave, as the document tells it.
fn walk() -> Outcome<String> {
    ensure_needs()?;
    document::of(&Stage::open()?)
}

fn compare(document: &str) -> Outcome {
    let written = fs::read_to_string(project::root().join(DOCUMENT)).unwrap_or_default();
    match first_difference(&written, document) {
        None => {
            run::say(&format!("every step does what {DOCUMENT} says"));
            Ok(())
        }
        Some((number, says, is)) => Err(format!(
            "{DOCUMENT}, line {number} says `{says}`, and now it is `{is}`: `cargo xtask tour --write` writes it anew"
        )),
    }
}

/// The first line that differs: its number, and what stands there in either.
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
