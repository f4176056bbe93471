//! The limits of a page, and why a folder cannot be served as one.

use std::{io, path::PathBuf};

/// The file that a page needs.
pub(super) const INDEX: &str = "index.html";

/// The most bytes that the files of a page may have together, their compressed forms included: 64 MiB.
pub const MAX_PAGE_BYTES: u64 = 64 << 20;

/// The most files that a page may have, their compressed forms included.
pub const MAX_PAGE_FILES: usize = 4000;

/// Why a folder cannot be served as the page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// It has no index that can be read.
    #[error("{} is not a page: cannot read {INDEX} there: {source}", folder.display())]
    NoIndex {
        /// The folder asked for.
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file or a folder in it cannot be read.
    #[error("the page cannot be read: {}: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// It has more in it than is kept in memory.
    #[error(
        "{} is too large for a page, of at most {} MiB in {MAX_PAGE_FILES} files: name the folder with the page alone",
        folder.display(),
        MAX_PAGE_BYTES >> 20
    )]
    TooLarge {
        /// The folder asked for.
        folder: PathBuf,
    },
}
