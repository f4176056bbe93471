//! The commands that the ledger's handles send to its committing thread.

use tokio::sync::oneshot;

use crate::{
    error::{CommitError, ReportError},
    report::Report,
};

/// How many commands may be queued; further senders wait.
pub(crate) const COMMANDS: usize = 256;

/// Work for the committing thread beside calls. Each reply is sent when the command is committed, or cannot be.
#[derive(Debug)]
pub(crate) enum Command {
    /// Merge a report.
    Report(Report, oneshot::Sender<Result<(), ReportError>>),
    /// Commit everything that was counted before.
    Flush(oneshot::Sender<Result<(), CommitError>>),
    /// Commit everything, and end.
    Close,
}
