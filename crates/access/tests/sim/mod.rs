//! A disk in memory that behaves like a real one when the power goes: what was not synced may be there, or not, or half.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test program uses its part")]

use std::{
    io::{self, ErrorKind},
    sync::{Mutex, MutexGuard},
};

use fastrand::Rng;
use increment_access::{Counter, Disk, Durability, Ledger, Methods, Options, Protocol};
use increment_proto::FILE_DESCRIPTOR_SET;

#[derive(Debug, Default)]
pub struct SimDisk(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What is safe, and what was done since.
    safe: Vec<u8>,
    unsafe_changes: Vec<Change>,
    /// How many more changes and syncs until the power goes; none for never.
    left: Option<u32>,
    /// A disk that lies: its syncs do nothing, and what was not synced is forgotten.
    lies: bool,
    trouble: Option<(Trouble, ErrorKind)>,
    syncs: u64,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Reads.
    Read,
    /// Writes and longer files, as on a full disk.
    Write,
    /// Syncs.
    Sync,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Len(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Len(len) => bytes.resize(*len, 0),
            Self::Write(at, data) => {
                let end = at + data.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*at..end].copy_from_slice(data);
            }
        }
    }
}

impl SimDisk {
    pub fn of(bytes: Vec<u8>) -> Self {
        Self(Mutex::new(State { safe: bytes.clone(), seen: bytes, ..State::default() }))
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.state().seen.clone()
    }

    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    pub fn lie(&self) {
        self.state().lies = true;
    }

    /// From now on this fails, until it is told otherwise.
    pub fn set_trouble(&self, trouble: Option<(Trouble, ErrorKind)>) {
        self.state().trouble = trouble;
    }

    /// The power goes after so many more changes and syncs.
    pub fn lose_power_after(&self, operations: u32) {
        self.state().left = Some(operations);
    }

    /// What is left when the power comes back: what was synced, and any of what was not, its last write torn.
    pub fn after_the_crash(&self, rng: &mut Rng) -> Self {
        let state = self.state();
        let mut bytes = state.safe.clone();
        let unsafe_changes = state.unsafe_changes.iter().filter(|_| !state.lies && rng.bool());
        let mut kept: Vec<_> = unsafe_changes.cloned().collect();
        if let Some(Change::Write(_, data)) = kept.last_mut() {
            data.truncate(rng.usize(..=data.len()));
        }
        kept.iter().for_each(|change| change.apply(&mut bytes));
        Self::of(bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.state();
        state.operate(Trouble::Write)?;
        change.apply(&mut state.seen);
        state.unsafe_changes.push(change);
        Ok(())
    }
}

impl State {
    fn operate(&mut self, what: Trouble) -> io::Result<()> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or_else(|| io::Error::other("the power is gone"))?;
        }
        match self.trouble {
            Some((trouble, kind)) if trouble == what => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

impl Disk for SimDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if let Some((Trouble::Read, kind)) = state.trouble {
            return Err(kind.into());
        }
        let from = state.seen.get(offset as usize..).and_then(|from| from.get(..out.len()));
        out.copy_from_slice(from.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Write(offset as usize, data.to_vec()))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Len(len as usize))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        state.operate(Trouble::Sync)?;
        state.syncs += 1;
        if !state.lies {
            state.safe = state.seen.clone();
            state.unsafe_changes.clear();
        }
        Ok(())
    }
}

pub fn options(durability: Durability) -> Options {
    Options::new(Methods::new(FILE_DESCRIPTOR_SET).unwrap(), durability)
}

/// Counts a call and waits until it is kept; false when it cannot be.
pub async fn call(counter: &Counter, path: &str, protocol: Protocol) -> bool {
    match counter.count(path, protocol) {
        Ok(Some(kept)) => kept.await.is_ok(),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// How often a row was called that is kept.
pub async fn count(ledger: &Ledger, method: &str, protocol: &str) -> u64 {
    let counts = ledger.read().await.unwrap();
    assert_eq!(counts.total, counts.rows.iter().map(|(_, count)| count).sum::<u64>());
    let row = |(row, _): &&(increment_access::Row, u64)| {
        row.method.as_str() == method && row.protocol.as_str() == protocol
    };
    counts.rows.iter().filter(row).map(|(_, count)| count).sum()
}
