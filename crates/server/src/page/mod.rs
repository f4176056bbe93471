//! The page's files over plain HTTP: read once, at start, and served from memory, compressed where the build made them
//! so. Hashed names are cached for ever, others are asked for anew each time. Independent of the services.

mod files;
mod policy;
mod representation;
mod site;

pub use self::files::{MAX_PAGE_BYTES, MAX_PAGE_FILES, PageError};
pub(crate) use self::site::Site;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use self::files::{Files, INDEX};
use crate::origin::Origin;

/// Where `cargo xtask page` puts the page.
const DEFAULT_FOLDER: &str = "dist";

/// The page: the files of a folder with `index.html`, or none. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Page {
    opened: Option<(PathBuf, Arc<Files>)>,
    /// What it may call beside its own origin, each after a space.
    others: String,
    is_reloaded: bool,
}

impl Page {
    /// The page in `folder`, with all its files. Fails when there is no readable `index.html`, when another file cannot
    /// be read, and when there are more than [`MAX_PAGE_FILES`] or [`MAX_PAGE_BYTES`].
    pub fn open(folder: &Path) -> Result<Self, PageError> {
        let files = Arc::new(Files::read(folder)?);
        Ok(Self { opened: Some((folder.into(), files)), ..Self::default() })
    }

    /// The page in `dist`, or none where that has no `index.html`: then a visitor is told how to make one.
    pub fn open_default() -> Result<Self, PageError> {
        let folder = Path::new(DEFAULT_FOLDER);
        if folder.join(INDEX).exists() { Self::open(folder) } else { Ok(Self::none()) }
    }

    /// No page.
    pub fn none() -> Self {
        Self::default()
    }

    /// Lets it call these origins beside its own. IPv6 addresses are left out: a policy cannot name them, and browsers say
    /// so on the console (W3C CSP Level 3, `host-source`).
    #[must_use]
    pub fn calling(mut self, origins: &[Origin]) -> Self {
        let nameable = origins.iter().map(Origin::as_str).filter(|origin| !origin.contains('['));
        self.others = nameable.map(|origin| format!(" {origin}")).collect();
        self
    }

    /// Reads the files anew whenever `index.html` has changed, for those who work on the page.
    #[must_use]
    pub fn reloading(mut self) -> Self {
        self.is_reloaded = true;
        self
    }

    /// Whether there is a page.
    pub fn is_there(&self) -> bool {
        self.opened.is_some()
    }
}
