//! Lines for a person. A closed pipe is no failure.

use std::io::{self, Write};

/// A result: a line on the standard output.
pub fn result(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Progress, or why something failed: a line on the standard error.
pub fn progress(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
