//! The cases of Connect's conformance suite that fail and may, each with its reason. Must not know what they test.

use std::fs;

use super::programs;
use crate::Outcome;

/// The file, in the crate's folder.
const FILE: &str = "exceptions.txt";

/// A reason, and the patterns of the cases that it explains.
#[derive(Debug, PartialEq)]
pub(super) struct Exception {
    pub(super) reason: String,
    pub(super) patterns: Vec<String>,
}

/// Reads the file. Fails where it has a case without a reason.
pub(super) fn read() -> Outcome<Vec<Exception>> {
    let file = programs::folder().join(FILE);
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    parse(&text).map_err(|pattern| format!("{FILE}: no comment before {pattern} begins with `Because `"))
}

/// The exceptions of a text; else the pattern that has no reason.
fn parse(text: &str) -> Result<Vec<Exception>, String> {
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
            (None, None) => return Err(line.to_owned()),
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
        assert_eq!(parse(text), Ok(vec![Exception { reason, patterns }]));
        assert_eq!(parse("# About this file.\na/**\n"), Err("a/**".to_owned()));
    }
}
