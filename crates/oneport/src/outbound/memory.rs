//! The memory that unread responses of all connections hold. A buffer that several responses share counts once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use crate::{
    activity::Activity,
    close_reason::CloseReason,
    timestamp::{AtomicTimestamp, Timestamp},
};

/// The memory of [`Limits::response_bytes`](crate::Limits::response_bytes), shared by all connections.
#[derive(Debug)]
pub(crate) struct ResponseMemory {
    max_bytes: usize,
    table: Mutex<Table>,
}

/// Used for responses of more than [`CHUNK`](super::body::CHUNK) alone.
#[derive(Debug, Default)]
struct Table {
    bytes: usize,
    /// The number of responses that hold a buffer, by its address.
    buffers: HashMap<usize, usize>,
    next_id: u64,
    responses: HashMap<u64, Holder>,
}

/// The connection of a response that holds a buffer.
#[derive(Debug)]
struct Holder {
    activity: Arc<Activity>,
    last_progress: Arc<AtomicTimestamp>,
}

impl ResponseMemory {
    pub(crate) fn new(max_bytes: usize) -> Arc<Self> {
        Arc::new(Self { max_bytes, table: Mutex::default() })
    }

    /// Reserves memory for data of a connection. Where that exceeds the limit, closes the connection whose response has waited
    /// the longest: each reservation over the limit closes one, so that memory exceeds the limit only by what is being closed.
    pub(super) fn reserve(self: &Arc<Self>, data: &Bytes, activity: &Arc<Activity>) -> MemoryReservation {
        let (address, len) = (data.as_ptr().addr(), data.len());
        let last_progress = Arc::new(AtomicTimestamp::now());
        let holder = Holder { activity: Arc::clone(activity), last_progress: Arc::clone(&last_progress) };
        let mut table = self.table();
        let id = table.insert(address, len, holder);
        if table.bytes > self.max_bytes {
            table.evict_slowest();
        }
        drop(table);
        MemoryReservation { memory: Arc::clone(self), address, len, id, last_progress }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn insert(&mut self, address: usize, len: usize, holder: Holder) -> u64 {
        let responses = self.buffers.entry(address).or_default();
        *responses += 1;
        if *responses == 1 {
            self.bytes += len;
        }
        let id = self.next_id;
        self.next_id += 1;
        self.responses.insert(id, holder);
        id
    }

    fn remove(&mut self, address: usize, len: usize, id: u64) {
        self.responses.remove(&id);
        if let Some(responses) = self.buffers.get_mut(&address) {
            *responses -= 1;
            if *responses == 0 {
                self.buffers.remove(&address);
                self.bytes -= len;
            }
        }
    }

    fn evict_slowest(&self) {
        let candidates = self.responses.values().filter(|holder| !holder.activity.is_closing());
        if let Some(slowest) = candidates.min_by_key(|holder| holder.last_progress.load()) {
            slowest.activity.close(CloseReason::ResponseMemory);
        }
    }
}

/// The memory that one response has reserved, released when this is dropped.
#[derive(Debug)]
pub(super) struct MemoryReservation {
    memory: Arc<ResponseMemory>,
    address: usize,
    len: usize,
    id: u64,
    /// When the peer last read some of it.
    last_progress: Arc<AtomicTimestamp>,
}

impl MemoryReservation {
    /// The peer has read some of the data.
    pub(super) fn record_progress(&self) {
        self.last_progress.store(Timestamp::now());
    }
}

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        self.memory.table().remove(self.address, self.len, self.id);
    }
}
