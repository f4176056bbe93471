//! Lines of the sources, quoted from the files: they are what runs. Must not know what they mean.

use std::fs;

use crate::{Outcome, project};

/// The whole file.
pub(super) fn all(path: &str) -> Outcome<String> {
    fs::read_to_string(project::root().join(path)).map_err(|error| format!("{path}: {error}"))
}

/// `count` lines, the first being the one that begins with `first`; without the indentation of that one.
pub(super) fn lines(path: &str, first: &str, count: usize) -> Outcome<String> {
    let text = all(path)?;
    let lines: Vec<_> =
        text.lines().skip_while(|line| !line.trim_start().starts_with(first)).take(count).collect();
    let Some(indentation) = lines.first().map(|line| line.len() - line.trim_start().len()) else {
        return Err(format!("{path}: no line begins with `{first}`"));
    };
    Ok(lines.iter().map(|line| format!("{}\n", line.get(indentation..).unwrap_or_default())).collect())
}
