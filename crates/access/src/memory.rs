//! A storage in memory: the copy on which a file is checked before it is written to.

use std::{
    io::{self, ErrorKind},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::storage::Storage;

/// Bytes in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Vec<u8>>);

impl Memory {
    /// Copies all bytes of `storage`.
    pub(crate) fn copy_of(storage: &dyn Storage) -> io::Result<Self> {
        let mut bytes = vec![0; index(storage.len()?)?];
        storage.read(0, &mut bytes)?;
        Ok(Self(Mutex::new(bytes)))
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| ErrorKind::FileTooLarge.into())
}

impl Storage for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (bytes, begin) = (self.bytes(), index(offset)?);
        let stored = bytes.get(begin..).and_then(|bytes| bytes.get(..out.len()));
        out.copy_from_slice(stored.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let (mut bytes, begin) = (self.bytes(), index(offset)?);
        let end = begin.checked_add(data.len()).ok_or(ErrorKind::FileTooLarge)?;
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[begin..end].copy_from_slice(data);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes().resize(index(len)?, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
