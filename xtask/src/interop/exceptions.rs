//! The cases of Connect's conformance suite that fail and may, each with its reason.

use anyhow::{Result, bail};
use fs_err as fs;

use super::programs;

/// The file, in the crate's folder.
const FILE: &str = "exceptions.txt";

/// A reason, and the patterns of the cases that it explains.
#[derive(Debug, PartialEq)]
pub(super) struct Exception {
    pub(super) reason: String,
    pub(super) patterns: Vec<String>,
}

/// Reads the file. Fails where it has a case without a reason.
pub(super) fn read() -> Result<Vec<Exception>> {
    let file = programs::folder().join(FILE);
    let text = fs::read_to_string(&file)?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Exception>> {
    let mut exceptions: Vec<Exception> = Vec::new();
    let mut is_reason = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (line.strip_prefix('#').map(str::trim), exceptions.last_mut()) {
            (Some(comment), _) if comment.starts_with("Because ") => {
                exceptions.push(Exception { reason: comment.to_owned(), patterns: Vec::new() });
                is_reason = true;
            }
            (Some(comment), Some(exception)) if is_reason => {
                exception.reason = format!("{} {comment}", exception.reason);
            }
            (Some(_), _) => {}
            (None, Some(exception)) => {
                exception.patterns.push(line.to_owned());
                is_reason = false;
            }
            (None, None) => bail!("{FILE}: no comment before {line} begins with `Because `"),
        }
    }
    Ok(exceptions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_has_a_reason() {
        let text = "# About this file.\n\n# Because the RFC,\n# section 1, says so.\na/**\nb/**\n";
        let reason = "Because the RFC, section 1, says so.".to_owned();
        let patterns = vec!["a/**".to_owned(), "b/**".to_owned()];
        assert_eq!(parse(text).unwrap(), [Exception { reason, patterns }]);
        let error = parse("# About this file.\na/**\n").unwrap_err().to_string();
        assert_eq!(error, "exceptions.txt: no comment before a/** begins with `Because `");
    }
}
