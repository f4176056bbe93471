//! When the sources of the page or of the server last changed.

use std::{path::Path, time::SystemTime};

use fs_err as fs;
use xtask::project;

/// What the page is made of. `web` is taken without what serves its tests only.
pub(crate) const PAGE: Sources = Sources(&[
    ".cargo",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "crates/doctor",
    "crates/proto",
    "crates/wire",
    "index.html",
    "web",
]);

/// What the server may be made of: Cargo knows which of the crates it uses.
pub(crate) const SERVER: Sources = Sources(&[".cargo", "Cargo.lock", "Cargo.toml", "crates"]);

/// What serves tests only.
const NOT_SOURCES: [&str; 6] =
    ["e2e", "node_modules", "package.json", "package-lock.json", ".npmrc", "tests"];

/// Files and folders of the project.
pub(crate) struct Sources(&'static [&'static str]);

impl Sources {
    /// The newest time in them. A folder counts too: that is how a removed file shows.
    pub(crate) fn newest(&self) -> SystemTime {
        let root = project::root();
        let times = self.0.iter().filter_map(|source| newest_below(&root.join(source)));
        times.max().unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// The newest time of a file or a folder with all that is in it; none where there is nothing.
fn newest_below(path: &Path) -> Option<SystemTime> {
    let here = fs::symlink_metadata(path).ok()?;
    let inside = fs::read_dir(path).into_iter().flatten().flatten();
    let inside = inside.filter(|entry| !NOT_SOURCES.iter().any(|name| entry.file_name() == *name));
    inside.filter_map(|entry| newest_below(&entry.path())).chain(here.modified().ok()).max()
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use super::*;

    #[test]
    fn a_change_shows_at_any_depth_but_not_in_tests() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["src/deep", "tests"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let future = SystemTime::now() + Duration::from_secs(60);
        let change = |name: &str| {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(future).unwrap();
        };
        change("tests/a.rs");
        assert!(newest_below(folder.path()).unwrap() < future);
        change("src/deep/a.rs");
        assert_eq!(newest_below(folder.path()), Some(future));
        assert_eq!(newest_below(&folder.path().join("missing")), None);
    }
}
