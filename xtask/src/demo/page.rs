//! The server's page: a copy of the one that `trunk serve` built, with a script that the server's address can do with.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Result;
use fs_err as fs;

const INDEX: &str = "index.html";
/// Where Trunk assembles a page; it goes when its last file is moved, and stays after a failed build.
const TRUNKS_STAGE: &str = ".stage";
/// A file that is being written; the server skips hidden ones.
const NEW: &str = ".new";
/// In Trunk's own script for reloading, which opens a WebSocket that `trunk serve` alone answers.
const TRUNKS_SCRIPT: &str = "{{__TRUNK_ADDRESS__}}";
const SCRIPT_FILE: &str = "reload.js";
const SCRIPT: &str = include_str!("reload.js");

/// A copy of a page.
pub(crate) struct Page {
    /// What Trunk built.
    built: PathBuf,
    /// What the server serves.
    served: PathBuf,
    /// When the copied page was built.
    copied: Option<SystemTime>,
}

impl Page {
    pub(crate) fn new(built: PathBuf, served: PathBuf) -> Self {
        Self { built, served, copied: None }
    }

    /// Copies the page where Trunk has built another one; whether there is a copy now.
    pub(crate) fn update(&mut self) -> Result<bool> {
        let Some(built) = self.time_built().filter(|built| self.copied != Some(*built)) else {
            return Ok(self.copied.is_some());
        };
        let outcome = self.copy(built);
        if self.time_built() == Some(built) {
            outcome?;
            self.copied = Some(built);
        }
        // Else Trunk replaced the page meanwhile: the next look finds it.
        Ok(self.copied.is_some())
    }

    /// When the page was built; none while Trunk moves its files.
    fn time_built(&self) -> Option<SystemTime> {
        if self.built.join(TRUNKS_STAGE).exists() {
            return None;
        }
        fs::metadata(self.built.join(INDEX)).and_then(|data| data.modified()).ok()
    }

    fn copy(&self, built: SystemTime) -> Result<()> {
        let files = files_below(&self.built)?;
        let index = fs::read_to_string(self.built.join(INDEX))?;
        for file in files.iter().filter(|file| !file.ends_with(INDEX)) {
            self.write(file, &fs::read(self.built.join(file))?)?;
        }
        self.write(Path::new(SCRIPT_FILE), SCRIPT.as_bytes())?;
        // After what it names: the server reads the page again when this file changes.
        self.write(Path::new(INDEX), with_own_script(&index, built).as_bytes())?;
        self.remove_others(&files)
    }

    /// Writes a file of the served page in one step.
    fn write(&self, file: &Path, content: &[u8]) -> Result<()> {
        let new = self.served.join(NEW);
        let file = self.served.join(file);
        fs::create_dir_all(file.parent().unwrap_or(&self.served))?;
        fs::write(&new, content)?;
        Ok(fs::rename(new, file)?)
    }

    /// Removes the files of older builds, or the page would grow until the server rejects it.
    fn remove_others(&self, files: &[PathBuf]) -> Result<()> {
        for old in files_below(&self.served)? {
            if !files.contains(&old) && old != Path::new(SCRIPT_FILE) {
                fs::remove_file(self.served.join(old))?;
            }
        }
        Ok(())
    }
}

/// All files in a folder and its folders, relative to it; hidden ones are left out.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}

/// The page with our script in place of Trunk's. Every build makes another page, which is loaded as Trunk's is.
fn with_own_script(html: &str, built: SystemTime) -> String {
    let built = built.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let own = format!("<script src=\"{SCRIPT_FILE}\" data-built=\"{built}\" defer></script>");
    let trunks = html.find(TRUNKS_SCRIPT).and_then(|inside| {
        let end = "</script>";
        Some((html[..inside].rfind("<script")?, inside + html[inside..].find(end)? + end.len()))
    });
    match trunks {
        Some((start, end)) => format!("{}{own}{}", &html[..start], &html[end..]),
        None => format!("{html}{own}"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use tempfile::TempDir;

    use super::*;

    const HTML: &str = "<body><script>one()</script><p></p>\
                        <script>const address = '{{__TRUNK_ADDRESS__}}';</script></body>";

    /// A folder with a page that was built, and its copy.
    fn page() -> (TempDir, Page) {
        let folder = tempfile::tempdir().unwrap();
        let page = Page::new(folder.path().join("built"), folder.path().join("served"));
        fs::create_dir_all(page.built.join("snippets/a")).unwrap();
        (folder, page)
    }

    /// Builds a page as Trunk does, with a file of its own.
    fn build(page: &Page, script: &str, seconds: u64) {
        fs::write(page.built.join("snippets/a").join(script), script).unwrap();
        fs::write(page.built.join(INDEX), HTML).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        File::options().write(true).open(page.built.join(INDEX)).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn a_copy_follows_each_build_and_holds_nothing_else() {
        let (_folder, mut page) = page();
        assert!(!page.update().unwrap());
        build(&page, "old.js", 1);
        assert!(page.update().unwrap());
        fs::remove_file(page.built.join("snippets/a/old.js")).unwrap();
        build(&page, "new.js", 2);
        assert!(page.update().unwrap());
        let mut files = files_below(&page.served).unwrap();
        files.sort();
        assert_eq!(files, ["index.html", "reload.js", "snippets/a/new.js"].map(PathBuf::from));
    }

    #[test]
    fn a_page_whose_files_are_being_moved_is_not_copied() {
        let (_folder, mut page) = page();
        build(&page, "a.js", 1);
        let stage = page.built.join(TRUNKS_STAGE);
        fs::create_dir(&stage).unwrap();
        assert!(!page.update().unwrap());
        fs::remove_dir(&stage).unwrap();
        assert!(page.update().unwrap());
    }

    #[test]
    fn the_copy_has_our_script_in_place_of_trunks() {
        let built = SystemTime::UNIX_EPOCH + Duration::from_nanos(5);
        let own = "<script src=\"reload.js\" data-built=\"5\" defer></script>";
        assert_eq!(with_own_script(HTML, built), format!("<body><script>one()</script><p></p>{own}</body>"));
        assert_eq!(with_own_script("<p>", built), format!("<p>{own}"));
    }
}
