//! Counting a call: a few nanoseconds on the call's own thread, and a place in the group that is written next. Must
//! not know when that is.

use std::{
    mem,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::runtime::Handle;

use crate::{
    bell::Bell,
    group::{Group, Kept, NotKept},
    methods::Methods,
    protocol::Protocol,
};

/// The longest time that calls wait for more before they are written, where their thread does not rest.
const GATHER: Duration = Duration::from_millis(2);

/// When the answer to a call leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once its access is on disk.
    Strict,
    /// At once; a crash loses the accesses of the last [`RELAXED_INTERVAL`](crate::RELAXED_INTERVAL), and those that came
    /// during the write in progress, however long that takes.
    Relaxed,
}

/// What counters and the thread that writes share.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) methods: Methods,
    pub(crate) durability: Durability,
    /// Tells the thread that writes of work.
    pub(crate) bell: Bell,
    /// Whether what waits is to be written now.
    is_due: AtomicBool,
    /// Whether the thread that writes waits for a first call.
    is_asleep: AtomicBool,
    gate: AtomicU8,
    counters: Mutex<Vec<Arc<Sheet>>>,
}

const OPEN: u8 = 0;
const FULL: u8 = 1;
const ENDED: u8 = 2;

impl Desk {
    pub(crate) fn new(methods: Methods, durability: Durability) -> Self {
        Self {
            methods,
            durability,
            bell: Bell::default(),
            is_due: AtomicBool::new(false),
            is_asleep: AtomicBool::new(false),
            gate: AtomicU8::new(OPEN),
            counters: Mutex::default(),
        }
    }

    /// Has what waits written now.
    pub(crate) fn hurry(&self) {
        self.is_due.store(true, Ordering::SeqCst);
        self.bell.ring();
    }

    /// Waits until there is work that is due, or has waited for [`GATHER`] since a runtime does not come to rest.
    /// Sleeps while there is none; only then does a first call ring, for that costs it a switch of threads.
    pub(crate) fn wait(&self) {
        while !self.is_due.swap(false, Ordering::SeqCst) {
            if self.bell.wait_for(GATHER) {
                continue;
            }
            if self.waiting() > 0 {
                return;
            }
            self.is_asleep.store(true, Ordering::SeqCst);
            // After that: a call that comes meanwhile rings, or is seen here.
            if self.waiting() == 0 {
                self.bell.wait();
            }
            self.is_asleep.store(false, Ordering::SeqCst);
        }
    }

    /// Lets calls in, or says why not.
    pub(crate) fn set_gate(&self, gate: Result<(), NotKept>) {
        let gate = match gate {
            Ok(()) => OPEN,
            Err(NotKept::Full) => FULL,
            Err(NotKept::Ended) => ENDED,
        };
        self.gate.store(gate, Ordering::SeqCst);
    }

    pub(crate) fn gate(&self) -> Result<(), NotKept> {
        match self.gate.load(Ordering::SeqCst) {
            OPEN => Ok(()),
            FULL => Err(NotKept::Full),
            _ => Err(NotKept::Ended),
        }
    }

    /// How many calls wait to be written.
    pub(crate) fn waiting(&self) -> u64 {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.iter().map(|sheet| sheet.lines().calls).sum()
    }

    /// Takes what all counters have counted since the last time, into `counts` by row.
    pub(crate) fn gather(&self, counts: &mut [u64]) -> Vec<Gathered> {
        let mut gathered = Vec::new();
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.retain(|sheet| {
            // Before it is gathered: a counter that is gone counts no more.
            let is_in_use = Arc::strong_count(sheet) > 1;
            gathered.extend(sheet.gather(counts));
            is_in_use
        });
        gathered
    }

    /// Takes in a new sheet, and forgets blank ones whose counters are gone.
    fn add(&self, sheet: &Arc<Sheet>) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        // Not each time, or it would cost more with each counter there is.
        if counters.len() == counters.capacity() {
            counters.retain(|sheet| Arc::strong_count(sheet) > 1 || sheet.lines().calls > 0);
        }
        counters.push(Arc::clone(sheet));
    }
}

/// Counts calls, from any thread and any runtime. A clone counts on the same sheet. It is forgotten when the last clone
/// is dropped.
#[derive(Clone, Debug)]
pub struct Counter {
    desk: Arc<Desk>,
    sheet: Arc<Sheet>,
}

/// What was counted with one counter and is not written yet.
#[derive(Debug)]
struct Sheet {
    lines: Mutex<Lines>,
    /// Whether `lines` is not blank: read by a thread about to rest, which must not cost it a lock each time.
    has_lines: AtomicBool,
    /// Whether the runtime tells when it has nothing to do.
    tells_rest: AtomicBool,
    /// The runtime that does, whose tasks are woken together.
    home: OnceLock<Handle>,
}

#[derive(Debug)]
struct Lines {
    counts: Vec<u64>,
    /// How many calls since the last time.
    calls: u64,
    group: Arc<Group>,
}

/// The calls of one sheet, on their way to the disk.
#[derive(Debug)]
pub(crate) struct Gathered {
    group: Arc<Group>,
    pub(crate) calls: u64,
}

impl Gathered {
    pub(crate) fn release(self, outcome: Result<(), NotKept>) {
        self.group.release(outcome);
    }
}

impl Counter {
    pub(crate) fn new(desk: &Arc<Desk>) -> Self {
        let counts = vec![0; desk.methods.rows().len()];
        let lines = Lines { counts, calls: 0, group: Arc::default() };
        let sheet = Arc::new(Sheet {
            lines: Mutex::new(lines),
            has_lines: AtomicBool::new(false),
            tells_rest: AtomicBool::new(false),
            home: OnceLock::new(),
        });
        desk.add(&sheet);
        Self { desk: Arc::clone(desk), sheet }
    }

    /// Counts a call of this path. Under [`Durability::Strict`] its answer may leave when what is returned is ready.
    /// Fails when the access cannot be kept; the call is then to be refused.
    pub fn count(&self, path: &str, protocol: Protocol) -> Result<Option<Kept>, NotKept> {
        let Some(row) = self.desk.methods.row_of(path, protocol) else { return Ok(None) };
        let mut lines = self.sheet.lines();
        // Under the lock: the gate is closed before the last lines are gathered, and so no call is left waiting.
        self.desk.gate()?;
        lines.counts[row] += 1;
        lines.calls += 1;
        let is_first = lines.calls == 1;
        if is_first {
            self.sheet.has_lines.store(true, Ordering::Release);
        }
        let is_strict = self.desk.durability == Durability::Strict;
        let kept = is_strict.then(|| Kept::new(Arc::clone(&lines.group)));
        drop(lines);
        if is_first {
            // Where the runtime tells when it rests, calls gather until then: a write costs the same for many as for one.
            if !self.sheet.tells_rest.load(Ordering::Relaxed) {
                self.desk.hurry();
            } else if !is_strict || self.desk.is_asleep.load(Ordering::SeqCst) {
                self.desk.bell.ring();
            }
        }
        Ok(kept)
    }

    /// May be called by one runtime with one thread whenever it has nothing to do, from tokio's
    /// [`on_thread_park`](tokio::runtime::Builder::on_thread_park): the calls that wait in it are then written. Until
    /// then, or for 2 ms, more may join them; and its tasks are woken together, by one of their own. Both make calls
    /// cheaper; without, and in other runtimes, they are counted all the same.
    pub fn rest(&self) {
        self.sheet.tells_rest.store(true, Ordering::Relaxed);
        self.sheet.note_home();
        if self.desk.durability == Durability::Strict && self.sheet.has_lines.load(Ordering::Acquire) {
            self.desk.hurry();
        }
    }
}

impl Sheet {
    /// Remembers the runtime that rests.
    fn note_home(&self) {
        if self.home.get().is_none()
            && let Ok(home) = Handle::try_current()
        {
            // Another thread of the same runtime may have been faster.
            let _ = self.home.set(home);
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gather(&self, counts: &mut [u64]) -> Option<Gathered> {
        let mut lines = self.lines();
        let calls = mem::take(&mut lines.calls);
        if calls == 0 {
            return None;
        }
        self.has_lines.store(false, Ordering::Release);
        for (sum, count) in counts.iter_mut().zip(&mut lines.counts) {
            *sum += mem::take(count);
        }
        let next = Arc::new(Group::new(self.home.get().cloned()));
        let group = mem::replace(&mut lines.group, next);
        Some(Gathered { group, calls })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: &[u8] = &[];

    #[test]
    fn a_runtime_that_rests_has_its_tasks_woken_together() {
        let counter = Counter::new(&Arc::new(Desk::new(Methods::new(METHODS).unwrap(), Durability::Strict)));
        let resting = counter.clone();
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.on_thread_park(move || resting.rest()).build().unwrap();
        for _ in 0..100 {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(|| sender.send(()));
            runtime.block_on(receiver).unwrap();
        }
        assert_eq!(counter.sheet.home.get().unwrap().id(), runtime.handle().id());
    }

    #[test]
    fn counters_that_are_gone_are_forgotten_and_what_they_counted_is_not() {
        let desk = Arc::new(Desk::new(Methods::new(METHODS).unwrap(), Durability::Strict));
        let kept = Counter::new(&desk);
        for _ in 0..10_000 {
            let _ = Counter::new(&desk);
        }
        let sheets = || desk.counters.lock().unwrap().len();
        assert!(sheets() < 10, "{} sheets", sheets());
        for _ in 0..100 {
            let _ = Counter::new(&desk).count("/a/b", Protocol::Grpc).unwrap();
        }
        let mut counts = [0];
        assert_eq!(desk.gather(&mut counts).len(), 100);
        assert_eq!((counts, sheets()), ([100], 1));
        drop(kept);
    }
}
