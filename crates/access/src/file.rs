//! The ledger's file in its folder: created, opened and locked, so that no two ledgers use it.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{storage::Storage, store::Store};

/// The ledger's file.
const LEDGER: &str = "ledger";
/// A ledger that is being created.
const NEW_LEDGER: &str = "ledger.new";

/// Why the file cannot be opened.
#[derive(Debug)]
pub(crate) enum FileError {
    /// Another ledger uses it.
    InUse,
    /// A file or folder cannot be used, with the error of the system.
    Unusable(PathBuf, io::Error),
}

/// Opens the ledger in a folder; both are created where they are missing. The lock is held while the file is open.
pub(crate) fn open(folder: &Path) -> Result<(Arc<dyn Storage>, PathBuf), FileError> {
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
        // A new file is locked before it is renamed, so that no other program can open it in between.
        let file = options.clone().create(true).truncate(false).open(&new).map_err(unusable(&new))?;
        match lock(file, &new).map_err(unusable(&new))? {
            Lock::Taken(file) => {
                if path.try_exists().map_err(unusable(&path))? {
                    fs::remove_file(&new).map_err(unusable(&new))?;
                } else {
                    return Ok((create(file, folder).map_err(unusable(&path))?, path));
                }
            }
            Lock::Busy => return Err(FileError::InUse),
            Lock::Replaced => {}
        }
    }
}

enum Lock {
    /// This process holds it.
    Taken(File),
    /// Another process holds it.
    Busy,
    /// The path is now that of another file, or of none.
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

/// Creates a ledger under another name and renames it, so that a crash leaves no incomplete one.
fn create(file: File, folder: &Path) -> io::Result<Arc<dyn Storage>> {
    // A crash may have left data.
    file.set_len(0)?;
    let storage: Arc<dyn Storage> = Arc::new(file);
    Store::create(&storage)?;
    fs::rename(folder.join(NEW_LEDGER), folder.join(LEDGER))?;
    File::open(folder)?.sync_all()?;
    Ok(storage)
}
