//! Quotes lines of the sources.

use anyhow::{Result, bail};
use fs_err as fs;
use xtask::project;

/// The whole file.
pub(super) fn all(path: &str) -> Result<String> {
    Ok(fs::read_to_string(project::root().join(path))?)
}

/// `count` lines, the first being the one that begins with `first`; without the indentation of that one.
pub(super) fn lines(path: &str, first: &str, count: usize) -> Result<String> {
    let text = all(path)?;
    let lines: Vec<_> =
        text.lines().skip_while(|line| !line.trim_start().starts_with(first)).take(count).collect();
    let Some(indentation) = lines.first().map(|line| line.len() - line.trim_start().len()) else {
        bail!("{path}: no line begins with `{first}`");
    };
    Ok(lines.iter().map(|line| format!("{}\n", line.get(indentation..).unwrap_or_default())).collect())
}
