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
    waiting: Mutex<Vec<Waker>>,
}

impl Group {
    fn outcome(&self) -> Option<Result<(), NotKept>> {
        match self.state.load(Ordering::Acquire) {
            WAITING => None,
            KEPT => Some(Ok(())),
            FULL => Some(Err(NotKept::Full)),
            _ => Some(Err(NotKept::Ended)),
        }
    }

    /// Lets all calls of the group go. They are woken by `runtime`, theirs: a wake-up from another thread costs a
    /// system call, and so all of them share one.
    pub(crate) fn release(self: Arc<Self>, outcome: Result<(), NotKept>, runtime: Option<&Handle>) {
        let state = match outcome {
            Ok(()) => KEPT,
            Err(NotKept::Full) => FULL,
            Err(NotKept::Ended) => ENDED,
        };
        self.state.store(state, Ordering::Release);
        let release = Release(self);
        match runtime {
            Some(runtime) => drop(runtime.spawn(async move { drop(release) })),
            None => drop(release),
        }
    }
}

/// Wakes a group when it is dropped: also when its runtime ends instead of running it.
struct Release(Arc<Group>);

impl Drop for Release {
    fn drop(&mut self) {
        let waiting = mem::take(&mut *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// Ready when the access is kept, or cannot be.
#[derive(Debug)]
pub struct Kept {
    group: Arc<Group>,
    /// Where its waker is among those of the group.
    place: Option<usize>,
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
        let mut waiting = group.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // The state is set before the wakers are taken: one that is put in now is taken, or not needed.
        if let Some(outcome) = group.outcome() {
            return Poll::Ready(outcome);
        }
        match self.place.and_then(|place| waiting.get_mut(place)) {
            Some(waker) => waker.clone_from(context.waker()),
            None => {
                self.place = Some(waiting.len());
                waiting.push(context.waker().clone());
            }
        }
        Poll::Pending
    }
}
