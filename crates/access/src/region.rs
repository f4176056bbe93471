//! A storage that records its first failure, and that rejects all operations after a failed sync: a second sync might
//! succeed although the writes before the first one are lost.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::storage::Storage;

/// How a storage failed first; later failures follow from it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no space left.
    Full,
    /// An operation failed: whether the data written before it is durable is unknown.
    Broken(io::Error),
    /// The data cannot be read, for this reason.
    Damaged(String),
}

/// The part of a storage from an offset on; offsets are counted from there.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    guarded: Arc<Guarded>,
    begin: u64,
}

#[derive(Debug)]
struct Guarded {
    storage: Arc<dyn Storage>,
    failure: Mutex<Option<Failure>>,
    is_broken: AtomicBool,
}

impl Region {
    /// The whole storage, with no failure recorded.
    pub(crate) fn new(storage: Arc<dyn Storage>) -> Self {
        let guarded = Guarded { storage, failure: Mutex::new(None), is_broken: AtomicBool::new(false) };
        Self { guarded: Arc::new(guarded), begin: 0 }
    }

    /// The same storage from `begin` on.
    pub(crate) fn from(&self, begin: u64) -> Self {
        Self { guarded: Arc::clone(&self.guarded), begin }
    }

    /// Takes the recorded failure.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.guarded.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        Ok(self.attempt(Storage::len)?.saturating_sub(self.begin))
    }

    pub(crate) fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.attempt(|storage| storage.read(self.begin + offset, out))
    }

    pub(crate) fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.attempt(|storage| storage.write(self.begin + offset, data))
    }

    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        self.attempt(|storage| storage.set_len(self.begin + len))
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.attempt(|storage| {
            storage.sync().inspect_err(|error| {
                self.guarded.is_broken.store(true, Ordering::Relaxed);
                // Also when the disk is full: what was written before is lost.
                self.record(Failure::Broken(copy(error)));
            })
        })
    }

    fn attempt<T>(&self, operation: impl FnOnce(&dyn Storage) -> io::Result<T>) -> io::Result<T> {
        if self.guarded.is_broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk failed before"));
        }
        operation(&*self.guarded.storage).inspect_err(|error| self.record(Failure::from_error(error)))
    }

    fn record(&self, failure: Failure) {
        let mut first = self.guarded.failure.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(failure);
    }
}

impl Failure {
    pub(crate) fn from_error(error: &io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full,
            _ => Self::Broken(copy(error)),
        }
    }

    pub(crate) fn into_error(self) -> io::Error {
        match self {
            Self::Full => io::ErrorKind::StorageFull.into(),
            Self::Broken(error) => error,
            Self::Damaged(reason) => io::Error::other(reason),
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

/// Copies an error: one is returned to the caller, one is recorded.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails its first sync, and nothing else.
    #[derive(Debug, Default)]
    struct FailsOneSync(AtomicBool);

    impl Storage for FailsOneSync {
        fn len(&self) -> io::Result<u64> {
            Ok(0)
        }

        fn read(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
            Ok(())
        }

        fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn set_len(&self, _: u64) -> io::Result<()> {
            Ok(())
        }

        fn sync(&self) -> io::Result<()> {
            if self.0.swap(true, Ordering::Relaxed) { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
        }
    }

    #[test]
    fn all_operations_are_rejected_after_a_failed_sync() {
        let region = Region::new(Arc::new(FailsOneSync::default()));
        region.write(0, b"data").unwrap();
        assert!(region.sync().is_err());
        assert!(region.sync().is_err());
        assert!(region.from(1).write(0, b"data").is_err());
        assert!(region.read(0, &mut [0]).is_err() && region.len().is_err() && region.set_len(1).is_err());
        assert!(matches!(region.take_failure(), Some(Failure::Broken(_))));
    }
}
