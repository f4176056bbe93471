//! How long this disk takes for one commit: 4 KiB written in place, and the sync that makes them last. Must
//! not know who else writes to it.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::Path,
    time::Instant,
};

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use tempfile::TempDir;

use crate::{Outcome, project};

use super::figures::median;

const PAGE: [u8; 4096] = [1; 4096];
/// How many pages take turns.
const PAGES: u64 = 64;

/// A folder of our own on the project's disk, gone with its value.
pub(crate) fn folder() -> Outcome<TempDir> {
    let target = project::target();
    let failed = |error: io::Error| format!("{}: {error}", target.display());
    fs::create_dir_all(&target).map_err(failed)?;
    let in_memory = statfs(&target).is_ok_and(|found| found.filesystem_type() == TMPFS_MAGIC);
    if in_memory {
        let target = target.display();
        return Err(format!("{target} is in memory (tmpfs): set CARGO_TARGET_DIR to a folder on a disk"));
    }
    tempfile::Builder::new().prefix("bench-").tempdir_in(&target).map_err(failed)
}

/// A file and how long its commits took, in microseconds.
pub(crate) struct Disk {
    file: File,
    times: Vec<f64>,
}

impl Disk {
    /// A file in `folder`, with room for all pages: a commit changes no more than the page.
    pub(crate) fn open(folder: &Path) -> Outcome<Self> {
        let open = || -> io::Result<File> {
            let file = File::create(folder.join("commits"))?;
            (0..PAGES).try_for_each(|page| write(&file, page))?;
            file.sync_all()?;
            Ok(file)
        };
        Ok(Self { file: open().map_err(|error| failed(&error))?, times: Vec::new() })
    }

    /// Commits `number` times.
    pub(crate) fn commit(&mut self, number: usize) -> Outcome {
        for page in (0..PAGES).cycle().take(number) {
            let begin = Instant::now();
            write(&self.file, page).and_then(|()| self.file.sync_data()).map_err(|error| failed(&error))?;
            self.times.push(begin.elapsed().as_secs_f64() * 1e6);
        }
        Ok(())
    }

    /// The median of all so far, in microseconds.
    pub(crate) fn median(&self) -> f64 {
        median(&self.times)
    }
}

fn write(file: &File, page: u64) -> io::Result<()> {
    file.write_all_at(&PAGE, page * PAGE.len() as u64)
}

fn failed(error: &io::Error) -> String {
    format!("one commit of the disk under {}: {error}", project::target().display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_takes_time() {
        let folder = TempDir::new().unwrap();
        let mut disk = Disk::open(folder.path()).unwrap();
        disk.commit(3).unwrap();
        assert_eq!(disk.times.len(), 3);
        assert!(disk.median() > 0.0);
    }
}
