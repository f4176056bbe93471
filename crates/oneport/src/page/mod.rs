//! The page's static files: read once at startup, and served from memory, compressed where the build has compressed them.
//! Files with a hash in their name are cached for a year, others are revalidated each time.

mod error;
mod files;
mod policy;
mod representation;
mod site;

pub use self::error::{MAX_PAGE_BYTES, MAX_PAGE_FILES, PageError};
pub(crate) use self::site::{Page, Site};
