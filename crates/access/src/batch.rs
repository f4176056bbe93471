//! What one commit contains, and the replies that wait for it.

use tokio::sync::oneshot;

use crate::{
    change::Change,
    error::{CommitError, ReportError},
    pending::Taken,
    report::ReportRejected,
};

/// Calls and commands that are committed together.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) taken: Taken,
    pub(crate) changes: Vec<Change>,
    pub(crate) replies: Vec<Reply>,
}

/// The reply to a command.
pub(crate) enum Reply {
    /// With the outcome of the merge.
    Report(Result<(), ReportRejected>, oneshot::Sender<Result<(), ReportError>>),
    Flush(oneshot::Sender<Result<(), CommitError>>),
}

impl Batch {
    /// The number of origins that are folded in it.
    pub(crate) fn folded(&self) -> u64 {
        self.changes.iter().filter(|change| matches!(change, Change::Fold(_))).count() as u64
    }

    /// Completes all calls and commands with the outcome of the commit.
    pub(crate) fn complete(self, outcome: Result<(), CommitError>) {
        self.taken.group.complete(outcome);
        for reply in self.replies {
            // An error says that the caller was cancelled; its command is committed all the same.
            let _ = match reply {
                Reply::Report(merged, reply) => reply
                    .send(merged.map_err(ReportError::from).and(outcome.map_err(ReportError::from)))
                    .is_ok(),
                Reply::Flush(reply) => reply.send(outcome).is_ok(),
            };
        }
    }
}
