//! A group of calls whose accesses are written together, and the wait for it. Must not know the disk.

use std::{
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
};

use tokio::runtime::Handle;

/// Why an access is not kept. The caller was not told otherwise, and may call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// There is no room on the disk; the ledger tries again by itself.
    #[error("the access cannot be recorded for now, and so the call is not answered; try again later")]
    Full,
    /// The ledger has failed or is closed for good.
    #[error(
        "accesses cannot be recorded any more, and so the call is not answered; the server is going down"
    )]
    Ended,
}

const WAITING: u8 = 0;
const KEPT: u8 = 1;
const FULL: u8 = 2;
const ENDED: u8 = 3;

/// Calls that wait for the same write.
#[derive(Debug, Default)]
pub(crate) struct Group {
    state: AtomicU8,
    /// The runtime that tells when it rests, where there is one.
    home: Option<Handle>,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Those of the tasks of `home`.
    at_home: Vec<Waker>,
    /// All others: of other runtimes, or of none.
    elsewhere: Vec<Waker>,
}

impl Group {
    pub(crate) fn new(home: Option<Handle>) -> Self {
        Self { home, ..Self::default() }
    }

    fn outcome(&self) -> Option<Result<(), NotKept>> {
        match self.state.load(Ordering::Acquire) {
            WAITING => None,
            KEPT => Some(Ok(())),
            FULL => Some(Err(NotKept::Full)),
            _ => Some(Err(NotKept::Ended)),
        }
    }

    /// Lets all calls of the group go.
    pub(crate) fn release(self: Arc<Self>, outcome: Result<(), NotKept>) {
        let state = match outcome {
            Ok(()) => KEPT,
            Err(NotKept::Full) => FULL,
            Err(NotKept::Ended) => ENDED,
        };
        self.state.store(state, Ordering::Release);
        let Waiting { at_home, elsewhere } =
            mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        // From another thread each wake-up may cost a system call: those in one runtime share that of this task.
        if let Some(home) = &self.home
            && !at_home.is_empty()
        {
            let wake = WakeAll(at_home);
            drop(home.spawn(async move { drop(wake) }));
        }
        elsewhere.into_iter().for_each(Waker::wake);
    }

    /// Whether the task that is polled is one of `home`.
    fn is_at_home(&self) -> bool {
        let is_home = |home: &Handle| Handle::try_current().is_ok_and(|here| here.id() == home.id());
        self.home.as_ref().is_some_and(is_home)
    }
}

/// Wakes when it is dropped: also when its runtime ends instead of running it.
struct WakeAll(Vec<Waker>);

impl Drop for WakeAll {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}

/// Ready when the access is kept, or cannot be. May be awaited in any runtime, or without one.
#[derive(Debug)]
pub struct Kept {
    group: Arc<Group>,
    /// Whether its waker is among those at home, and where.
    place: Option<(bool, usize)>,
}

impl Kept {
    pub(crate) fn new(group: Arc<Group>) -> Self {
        Self { group, place: None }
    }
}

impl Future for Kept {
    type Output = Result<(), NotKept>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(outcome) = self.group.outcome() {
            return Poll::Ready(outcome);
        }
        let group = Arc::clone(&self.group);
        let is_at_home = group.is_at_home();
        let mut waiting = group.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // The state is set before the wakers are taken: one that is put in now is taken, or not needed.
        if let Some(outcome) = group.outcome() {
            return Poll::Ready(outcome);
        }
        let waiting = if is_at_home { &mut waiting.at_home } else { &mut waiting.elsewhere };
        // One that moved to another runtime is put in there; what it left wakes it once more, which does no harm.
        let place = self.place.filter(|(was_at_home, _)| *was_at_home == is_at_home);
        match place.and_then(|(_, place)| waiting.get_mut(place)) {
            Some(waker) => waker.clone_from(context.waker()),
            None => {
                self.place = Some((is_at_home, waiting.len()));
                waiting.push(context.waker().clone());
            }
        }
        Poll::Pending
    }
}
