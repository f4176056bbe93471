//! When the page's sources last changed.

use std::{path::Path, time::SystemTime};

use fs_err as fs;
use xtask::project;

/// What the page is made of. `web` is taken without what serves its tests only.
const SOURCES: [&str; 9] = [
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "crates/doctor",
    "crates/proto",
    "crates/wire",
    "index.html",
    "web",
];
const NOT_THE_PAGE: [&str; 6] =
    ["e2e", "node_modules", "package.json", "package-lock.json", ".npmrc", "tests"];

/// The newest time in the page's sources. A folder counts too: that is how a removed file shows.
pub(crate) fn newest() -> SystemTime {
    let root = project::root();
    let times = SOURCES.iter().filter_map(|source| newest_below(&root.join(source)));
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The newest time of a file or a folder with all that is in it; none where there is nothing.
fn newest_below(path: &Path) -> Option<SystemTime> {
    let here = fs::symlink_metadata(path).ok()?;
    let inside = fs::read_dir(path).into_iter().flatten().flatten();
    let inside = inside.filter(|entry| !NOT_THE_PAGE.iter().any(|name| entry.file_name() == *name));
    inside.filter_map(|entry| newest_below(&entry.path())).chain(here.modified().ok()).max()
}
