//! Why there is no ledger, and why it does not take a report.

use std::{io, path::PathBuf};

use crate::{group::NotKept, layout::FORMAT, report::Refusal};

/// Why there is no ledger.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder cannot be used.
    #[error("cannot use the ledger {}: {source}: see to the disk and to who may write there", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is open already: in another program, or in this one.
    #[error("the ledger in {} is used by another program: end it, or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is no ledger of increment: move it away, or choose another folder", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// An older version made it.
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
    /// A newer version made it.
    #[error(
        "the ledger {} has format {found}, and this version knows formats up to {FORMAT}: use the newer version that wrote it",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its format.
        found: u32,
    },
    /// It has been changed by something else than a ledger. It is left as it is.
    #[error("the ledger {} is damaged ({reason}): put a copy of it in its place, or move it away and count from zero", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a report is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// It goes beyond what the ledger takes.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be written.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}
