//! The page's files over plain HTTP: read once, at start, and served from memory, compressed where the build made them
//! so. Hashed names are cached for ever, others are revalidated each time. Independent of the services.

mod error;
mod files;
mod policy;
mod representation;
mod site;

pub use self::error::{MAX_PAGE_BYTES, MAX_PAGE_FILES, PageError};
pub(crate) use self::site::Site;
