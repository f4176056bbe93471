//! The errors of the ledger: at open, of a commit, and of a report.

use std::{io, path::PathBuf};

use crate::{header::FORMAT, report::ReportRejected};

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder cannot be used.
    #[error("cannot use the ledger {}: {source}: check the disk and the permissions", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// It is already open, in another program or in this one.
    #[error("the ledger in {} is in use by another program: stop it, or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a ledger of increment: move it away, or choose another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It was created by an older version.
    #[error(
        "the ledger {} has format {found}, and this version needs format {FORMAT}: use the older version that wrote it, or move it away and count from zero",
        path.display()
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        found: u32,
    },
    /// It was created by a newer version.
    #[error(
        "the ledger {} has format {found}, and this version supports formats up to {FORMAT}: use the newer version that wrote it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        found: u32,
    },
    /// Something other than the ledger has changed it. It is not written to.
    #[error("the ledger {} is damaged ({reason}): restore a backup, or move it away and count from zero", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Why an access is not committed. The response says so, and the caller may retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The disk is full; the ledger retries by itself.
    #[error("the access cannot be recorded for now, and the call was rejected; try again later")]
    Full,
    /// The ledger has failed or is closed.
    #[error("accesses cannot be recorded any more, and the call was rejected; the server is shutting down")]
    Closed,
}

/// Why a report is not committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It is beyond a limit.
    #[error(transparent)]
    Rejected(#[from] ReportRejected),
    /// It could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}
