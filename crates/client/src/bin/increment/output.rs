//! Results, on standard output. Must not know what they mean.

use std::{
    fmt::Display,
    io::{self, Write, stdout},
};

use tokio::task::spawn_blocking;

/// Prints a line, or several, at once. Connections go on meanwhile: while nobody reads, the pings of servers are still
/// answered, and no answer to ours is missed.
pub(crate) async fn print(text: impl Display) -> io::Result<()> {
    let text = text.to_string();
    spawn_blocking(|| print_now(text)).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Prints a line, or several, at once; nothing else goes on meanwhile.
pub(crate) fn print_now(text: impl Display) -> io::Result<()> {
    let mut stdout = stdout().lock();
    let printed = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    printed.map_err(|error| io::Error::new(error.kind(), format!("cannot write to standard output: {error}")))
}
