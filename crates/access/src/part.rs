//! A disk that notes how it failed. After a sync that failed it lets nothing through any more: a second one might succeed
//! although the first one's writes are lost.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::disk::Disk;

/// How a disk failed first; later failures follow from it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no room.
    Full,
    /// The disk failed: whether what was written is kept, nobody knows.
    Broken(io::Error),
    /// What is on it cannot be read, for this reason.
    Damaged(String),
}

/// The disk from one place on; places are counted from there.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    watched: Arc<Watched>,
    begin: u64,
}

#[derive(Debug)]
struct Watched {
    disk: Arc<dyn Disk>,
    failure: Mutex<Option<Failure>>,
    is_broken: AtomicBool,
}

impl Part {
    /// The whole disk.
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        let watched = Watched { disk, failure: Mutex::new(None), is_broken: AtomicBool::new(false) };
        Self { watched: Arc::new(watched), begin: 0 }
    }

    /// The same disk from this place on.
    pub(crate) fn from(&self, begin: u64) -> Self {
        Self { watched: Arc::clone(&self.watched), begin }
    }

    /// How the disk failed since this was asked last.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.watched.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        Ok(self.try_on(Disk::len, Failure::of)?.saturating_sub(self.begin))
    }

    pub(crate) fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.try_on(|disk| disk.read(self.begin + offset, out), Failure::of)
    }

    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.try_on(|disk| disk.write(self.begin + offset, data), Failure::of)
    }

    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        self.try_on(|disk| disk.set_len(self.begin + len), Failure::of)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        let synced = self.try_on(Disk::sync, |error| Failure::Broken(copy(error)));
        if synced.is_err() {
            self.watched.is_broken.store(true, Ordering::Relaxed);
        }
        synced
    }

    fn try_on<T>(
        &self,
        operation: impl FnOnce(&dyn Disk) -> io::Result<T>,
        failure_of: impl FnOnce(&io::Error) -> Failure,
    ) -> io::Result<T> {
        if self.watched.is_broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk failed before"));
        }
        operation(&*self.watched.disk).inspect_err(|error| {
            let mut failure = self.watched.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert_with(|| failure_of(error));
        })
    }
}

impl Failure {
    pub(crate) fn of(error: &io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full,
            _ => Self::Broken(copy(error)),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => io::Error::from(io::ErrorKind::StorageFull).fmt(formatter),
            Self::Broken(error) => error.fmt(formatter),
            Self::Damaged(reason) => reason.fmt(formatter),
        }
    }
}

/// The same error once more: one goes to whoever asked, one is noted.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}
