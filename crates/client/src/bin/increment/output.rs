//! Prints results to standard output.

use std::{
    fmt::Display,
    io::{self, Write, stdout},
};

use tokio::task::spawn_blocking;

/// Prints one or more lines and flushes them, without blocking the runtime: while the reader is slow, connections still
/// send and acknowledge keep-alive pings.
pub(crate) async fn print(text: impl Display) -> io::Result<()> {
    let text = text.to_string();
    spawn_blocking(|| print_now(text)).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Prints one or more lines and flushes them. Blocks.
pub(crate) fn print_now(text: impl Display) -> io::Result<()> {
    let mut stdout = stdout().lock();
    let printed = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    printed.map_err(|error| io::Error::new(error.kind(), format!("cannot write to standard output: {error}")))
}
