//! The limits of a page, and the errors of reading one.

use std::{io, path::PathBuf};

/// The file that every page has.
pub(super) const INDEX: &str = "index.html";

/// The most bytes of all files of a page together, precompressed ones included: 64 MiB.
pub const MAX_PAGE_BYTES: u64 = 64 << 20;

/// The most files of a page, precompressed ones included: 4,000.
pub const MAX_PAGE_FILES: usize = 4000;

/// Why a folder cannot be served as a page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The folder has no `index.html`, or it cannot be read.
    #[error("{} is not a page: cannot read {INDEX} there: {source}", folder.display())]
    NoIndex {
        /// The folder given to [`Builder::page`](crate::Builder::page).
        folder: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file or folder in it cannot be read.
    #[error("the page cannot be read: {}: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The folder has more than [`MAX_PAGE_BYTES`] or [`MAX_PAGE_FILES`].
    #[error(
        "{} is too large for a page, of at most {} MiB in {MAX_PAGE_FILES} files: name the folder with the page alone",
        folder.display(),
        MAX_PAGE_BYTES >> 20
    )]
    TooLarge {
        /// The folder given to [`Builder::page`](crate::Builder::page).
        folder: PathBuf,
    },
}
