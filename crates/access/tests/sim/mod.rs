//! A simulated disk: after a loss of power, each write that was not synced is there, or lost, or torn.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test program uses some of it")]

use std::{
    convert::Infallible,
    io::{self, ErrorKind},
    sync::{Condvar, Mutex, MutexGuard},
};

use fastrand::Rng;
use http::{Request, Response, header};
use increment_access::{AccessLayer, Durability, Ledger, Methods, Options, Protocol, Row, Storage};
use increment_proto::FILE_DESCRIPTOR_SET;
use tonic::{Status, body::Body};
use tower::{Layer, Service, service_fn};

#[derive(Debug, Default)]
pub struct SimDisk {
    state: Mutex<State>,
    /// Notified when syncs are released.
    released: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What is read.
    current: Vec<u8>,
    /// What was synced, and the changes since.
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    /// The number of changes and syncs until power is lost.
    operations_left: Option<u32>,
    /// Syncs do nothing, and changes that were not synced are lost.
    ignores_syncs: bool,
    holds_syncs: bool,
    fault: Option<(Fault, ErrorKind)>,
    syncs: u64,
}

/// The operations that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Read,
    /// Writes and changes of the length, as on a full disk.
    Write,
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
    pub fn with(bytes: Vec<u8>) -> Self {
        let state = State { synced: bytes.clone(), current: bytes, ..State::default() };
        Self { state: Mutex::new(state), released: Condvar::new() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.state().current.clone()
    }

    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    pub fn ignore_syncs(&self) {
        self.state().ignores_syncs = true;
    }

    /// Blocks syncs until they are released.
    pub fn hold_syncs(&self, holds_syncs: bool) {
        self.state().holds_syncs = holds_syncs;
        self.released.notify_all();
    }

    /// Fails operations from now on, until it is set again.
    pub fn set_fault(&self, fault: Option<(Fault, ErrorKind)>) {
        self.state().fault = fault;
    }

    /// Loses power after this number of changes and syncs.
    pub fn lose_power_after(&self, operations: u32) {
        self.state().operations_left = Some(operations);
    }

    /// The disk after power returns: what was synced, and any of the later changes, the last of them torn.
    pub fn after_crash(&self, rng: &mut Rng) -> Self {
        let state = self.state();
        let mut bytes = state.synced.clone();
        let unsynced = state.unsynced.iter().filter(|_| !state.ignores_syncs && rng.bool());
        let mut written: Vec<_> = unsynced.cloned().collect();
        if let Some(Change::Write(_, data)) = written.last_mut() {
            data.truncate(rng.usize(..=data.len()));
        }
        written.iter().for_each(|change| change.apply(&mut bytes));
        Self::with(bytes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.state();
        state.operate(Fault::Write)?;
        change.apply(&mut state.current);
        state.unsynced.push(change);
        Ok(())
    }
}

impl State {
    fn operate(&mut self, operation: Fault) -> io::Result<()> {
        if let Some(left) = &mut self.operations_left {
            *left = left.checked_sub(1).ok_or_else(|| io::Error::other("no power"))?;
        }
        match self.fault {
            Some((fault, kind)) if fault == operation => Err(kind.into()),
            _ => Ok(()),
        }
    }
}

impl Storage for SimDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().current.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if let Some((Fault::Read, kind)) = state.fault {
            return Err(kind.into());
        }
        let from = state.current.get(offset as usize..).and_then(|from| from.get(..out.len()));
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
        let mut state = self.released.wait_while(self.state(), |state| state.holds_syncs).unwrap();
        state.operate(Fault::Sync)?;
        state.syncs += 1;
        if !state.ignores_syncs {
            state.synced = state.current.clone();
            state.unsynced.clear();
        }
        Ok(())
    }
}

pub fn options(durability: Durability) -> Options {
    Options::new(Methods::new(FILE_DESCRIPTOR_SET).unwrap(), durability)
}

/// A service that responds at once.
pub async fn respond(_: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::empty()))
}

/// Counts a call, and returns its response.
pub fn start(
    ledger: &Ledger,
    path: &str,
    protocol: Protocol,
) -> impl Future<Output = Result<(), Status>> + Send + use<> {
    let content_type = format!("application/{}", protocol.name());
    let request = Request::post(path).header(header::CONTENT_TYPE, content_type);
    let response =
        AccessLayer::new(ledger).layer(service_fn(respond)).call(request.body(Body::empty()).unwrap());
    async { Status::from_header_map(response.await.unwrap().headers()).map_or(Ok(()), Err) }
}

/// Makes a call; whether it was accepted.
pub async fn call(ledger: &Ledger, path: &str, protocol: Protocol) -> bool {
    start(ledger, path, protocol).await.is_ok()
}

/// The committed calls of a row.
pub async fn count(ledger: &Ledger, method: &str, protocol: &str) -> u64 {
    let counts = ledger.read().await.unwrap();
    assert_eq!(counts.total, counts.rows.iter().map(|(_, count)| count).sum::<u64>());
    let is_wanted =
        |(row, _): &&(Row, u64)| row.method.as_str() == method && row.protocol.as_str() == protocol;
    counts.rows.iter().filter(is_wanted).map(|(_, count)| count).sum()
}
