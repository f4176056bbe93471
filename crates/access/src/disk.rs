//! What the ledger is kept on: bytes at places, and a sync. Must not know what they mean.

use std::{
    fmt::Debug,
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A file, or what behaves like one.
pub trait Disk: Debug + Send + Sync + 'static {
    /// How many bytes there are.
    fn len(&self) -> io::Result<u64>;

    /// Whether there is nothing.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads as many bytes as `out` takes, from `offset` on. Fails with `UnexpectedEof` beyond the end.
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data` at `offset`.
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts or lengthens it; what is new reads as zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns when all that was written before survives a loss of power.
    fn sync(&self) -> io::Result<()>;
}

impl Disk for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(out, offset)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.write_all_at(data, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// A disk in memory: a copy on which a file is tried out before it is touched.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Vec<u8>>);

impl Memory {
    /// All bytes of `disk`.
    pub(crate) fn copy_of(disk: &dyn Disk) -> io::Result<Self> {
        let len = usize::try_from(disk.len()?).map_err(|_| ErrorKind::FileTooLarge)?;
        let mut bytes = vec![0; len];
        disk.read(0, &mut bytes)?;
        Ok(Self(Mutex::new(bytes)))
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.bytes();
        let begin = usize::try_from(offset).map_err(|_| ErrorKind::UnexpectedEof)?;
        let from =
            bytes.get(begin..).and_then(|from| from.get(..out.len())).ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(from);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = self.bytes();
        let begin = usize::try_from(offset).map_err(|_| ErrorKind::FileTooLarge)?;
        let end = begin.checked_add(data.len()).ok_or(ErrorKind::FileTooLarge)?;
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[begin..end].copy_from_slice(data);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes().resize(usize::try_from(len).map_err(|_| ErrorKind::FileTooLarge)?, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
