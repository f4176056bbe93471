//! The ledger's file in its folder: made, opened, and locked, so that no two ledgers use it. Must not know what is in it.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{disk::Disk, store::Store};

/// The ledger's file.
const LEDGER: &str = "ledger";
/// A ledger that is being made.
const NEW_LEDGER: &str = "ledger.new";

/// Why there is no file.
#[derive(Debug)]
pub(crate) enum FileError {
    /// Another one uses it.
    InUse,
    /// A file or folder cannot be used, for what the system said.
    Unusable(PathBuf, io::Error),
}

/// Opens the ledger in a folder, and makes both where they are missing. The lock lasts as long as the file is open.
pub(crate) fn open(folder: &Path) -> Result<(Arc<dyn Disk>, PathBuf), FileError> {
    fs::create_dir_all(folder).map_err(|error| FileError::Unusable(folder.into(), error))?;
    let (path, new) = (folder.join(LEDGER), folder.join(NEW_LEDGER));
    let unusable = |path: &Path| {
        let path = path.to_owned();
        move |error| FileError::Unusable(path, error)
    };
    let mut options = File::options();
    options.read(true).write(true);
    loop {
        let opened = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened.map_err(unusable(&path))?),
        };
        if let Some(file) = opened {
            match lock(file, &path).map_err(unusable(&path))? {
                Lock::Taken(file) => return Ok((Arc::new(file), path)),
                Lock::Busy => return Err(FileError::InUse),
                Lock::Replaced => continue,
            }
        }
        // What is made is locked before it has the ledger's name, and so nobody comes between.
        let file = options.clone().create(true).truncate(false).open(&new).map_err(unusable(&new))?;
        match lock(file, &new).map_err(unusable(&new))? {
            Lock::Taken(file) => {
                if path.try_exists().map_err(unusable(&path))? {
                    fs::remove_file(&new).map_err(unusable(&new))?;
                } else {
                    return Ok((make(file, folder).map_err(unusable(&path))?, path));
                }
            }
            Lock::Busy => return Err(FileError::InUse),
            Lock::Replaced => {}
        }
    }
}

enum Lock {
    /// The file is ours.
    Taken(File),
    /// Another one has it.
    Busy,
    /// The path leads to another file now, or to none.
    Replaced,
}

fn lock(file: File, path: &Path) -> io::Result<Lock> {
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Lock::Busy),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let locked = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) if (named.dev(), named.ino()) == (locked.dev(), locked.ino()) => Ok(Lock::Taken(file)),
        Ok(_) => Ok(Lock::Replaced),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Lock::Replaced),
        Err(error) => Err(error),
    }
}

/// Makes a file a ledger: under another name, so that what a crash leaves behind is none.
fn make(file: File, folder: &Path) -> io::Result<Arc<dyn Disk>> {
    // What a crash has left.
    file.set_len(0)?;
    let disk: Arc<dyn Disk> = Arc::new(file);
    Store::format(&disk)?;
    fs::rename(folder.join(NEW_LEDGER), folder.join(LEDGER))?;
    File::open(folder)?.sync_all()?;
    Ok(disk)
}
