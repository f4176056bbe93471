//! The memory that unread responses of all connections hold. A buffer that many responses share counts once.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use bytes::Bytes;

use super::Outbound;

/// What all connections hold together, of [`Limits::response_bytes`](crate::Limits::response_bytes).
#[derive(Debug)]
pub(crate) struct ResponseMemory {
    max_bytes: usize,
    begin: Instant,
    table: Mutex<Table>,
}

/// Touched only by responses of more than [`CHUNK`](super::body::CHUNK).
#[derive(Debug, Default)]
struct Table {
    bytes: usize,
    /// The responses that hold a buffer, by where it lies.
    buffers: HashMap<usize, usize>,
    next: u64,
    holders: HashMap<u64, Holder>,
}

#[derive(Debug)]
struct Holder {
    outbound: Arc<Outbound>,
    touched: Arc<AtomicU64>,
}

impl ResponseMemory {
    pub(crate) fn new(max_bytes: usize) -> Arc<Self> {
        Arc::new(Self { max_bytes, begin: Instant::now(), table: Mutex::default() })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In milliseconds.
    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Table {
    /// Has the connection closed whose response waits the longest. Each response that finds too much held closes one, so
    /// that what is held does not grow beyond the limit by more than what is being closed.
    fn evict_slowest(&self) {
        let holders = self.holders.values().filter(|holder| !holder.outbound.is_evicted.load(Relaxed));
        if let Some(slowest) = holders.min_by_key(|holder| holder.touched.load(Relaxed)) {
            slowest.outbound.evict();
        }
    }
}

/// The part that one response holds, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    outbound: Arc<Outbound>,
    place: usize,
    len: usize,
    number: u64,
    /// When its peer took something last.
    touched: Arc<AtomicU64>,
}

impl Held {
    pub(super) fn new(outbound: &Arc<Outbound>, data: &Bytes) -> Self {
        let memory = &outbound.memory;
        let (place, len) = (data.as_ptr().addr(), data.len());
        let touched = Arc::new(AtomicU64::new(memory.now()));
        outbound.hold(len);
        let mut table = memory.table();
        let responses = table.buffers.entry(place).or_default();
        *responses += 1;
        if *responses == 1 {
            table.bytes += len;
        }
        let number = table.next;
        table.next += 1;
        let holder = Holder { outbound: Arc::clone(outbound), touched: Arc::clone(&touched) };
        table.holders.insert(number, holder);
        if table.bytes > memory.max_bytes {
            table.evict_slowest();
        }
        drop(table);
        Self { outbound: Arc::clone(outbound), place, len, number, touched }
    }

    /// The peer takes some of it.
    pub(super) fn touch(&self) {
        self.touched.store(self.outbound.memory.now(), Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut table = self.outbound.memory.table();
        table.holders.remove(&self.number);
        if let Some(responses) = table.buffers.get_mut(&self.place) {
            *responses -= 1;
            if *responses == 0 {
                table.buffers.remove(&self.place);
                table.bytes -= self.len;
            }
        }
        drop(table);
        self.outbound.release(self.len);
    }
}
