//! Results, on standard output. Must not know what they mean.

use std::{
    fmt::Display,
    io::{self, Write, stdout},
};

/// Prints a line, or several: whoever reads it reads it now.
pub(crate) fn print(text: impl Display) -> io::Result<()> {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}
