//! The time of one commit of this disk: 4 KiB written in place, and fdatasync.

use std::{io, os::unix::fs::FileExt, path::Path, time::Instant};

use anyhow::{Result, bail};
use fs_err::{self as fs, File};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use tempfile::TempDir;
use xtask::project;

use super::figures::median;

const PAGE: [u8; 4096] = [1; 4096];
/// How many pages take turns.
const PAGES: u64 = 64;

/// A temporary folder on the project's disk.
pub(crate) fn folder() -> Result<TempDir> {
    let target = project::target();
    fs::create_dir_all(&target)?;
    let in_memory = statfs(&target).is_ok_and(|found| found.filesystem_type() == TMPFS_MAGIC);
    if in_memory {
        let target = target.display();
        bail!("{target} is in memory (tmpfs): set CARGO_TARGET_DIR to a folder on a disk");
    }
    Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(&target)?)
}

/// A file and the times of its commits, in microseconds.
pub(crate) struct DiskProbe {
    file: File,
    times: Vec<f64>,
}

impl DiskProbe {
    /// A file in `folder`, with room for all pages: a commit changes no more than the page.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let file = File::create(folder.join("commits"))?;
        (0..PAGES).try_for_each(|page| write(&file, page))?;
        file.sync_all()?;
        Ok(Self { file, times: Vec::new() })
    }

    /// Commits `number` times.
    pub(crate) fn commit(&mut self, number: usize) -> Result<()> {
        for page in (0..PAGES).cycle().take(number) {
            let begin = Instant::now();
            write(&self.file, page).and_then(|()| self.file.sync_data())?;
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
    file.file().write_all_at(&PAGE, page * PAGE.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_measured() {
        let folder = TempDir::new().unwrap();
        let mut disk = DiskProbe::open(folder.path()).unwrap();
        disk.commit(3).unwrap();
        assert_eq!(disk.times.len(), 3);
        assert!(disk.median() > 0.0);
    }
}
