//! Keeps the access counts current while the tab is visible.

use std::pin::pin;

use futures_util::StreamExt;
use gloo_timers::{callback::Timeout, future::TimeoutFuture};
use leptos::{prelude::*, reactive::actions::ActionAbortHandle};
use leptos_use::use_document_visibility;
use web_sys::VisibilityState;

use crate::{
    api,
    model::{
        accesses::{AccessCounts, FeedStatus},
        backoff::Backoff,
        failure::Failure,
        overdue::OVERDUE_MS,
    },
};

/// Returns the access counts, watched from the mounting of the component on. A hidden tab has no stream.
pub fn use_access_counts() -> ReadSignal<AccessCounts> {
    let counts = RwSignal::new(AccessCounts::default());
    let watch = Action::new_local(move |&()| watch(counts));
    let visibility = use_document_visibility();
    let is_visible = Memo::new(move |_| visibility.get() != VisibilityState::Hidden);
    Effect::new(move |running: Option<Option<ActionAbortHandle>>| {
        running.flatten().into_iter().for_each(ActionAbortHandle::abort);
        if is_visible.get() {
            return Some(watch.dispatch_local(()));
        }
        set_status(counts, FeedStatus::Paused);
        None
    });
    counts.read_only()
}

/// Receives the counts, and reconnects with backoff whenever the stream ends.
async fn watch(counts: RwSignal<AccessCounts>) {
    let mut backoff = Backoff::default();
    set_status(counts, FeedStatus::Connecting);
    loop {
        let failure = receive(counts, &mut backoff).await.err();
        let mut remaining_ms = backoff.fail();
        while remaining_ms > 0 {
            set_status(counts, FeedStatus::disconnected(failure.as_ref(), remaining_ms.div_ceil(1000)));
            let step_ms = remaining_ms.min(1000);
            TimeoutFuture::new(step_ms).await;
            remaining_ms -= step_ms;
        }
        set_status(counts, FeedStatus::disconnected(failure.as_ref(), 0));
    }
}

/// Receives the counts until the end of the stream.
async fn receive(counts: RwSignal<AccessCounts>, backoff: &mut Backoff) -> Result<(), Failure> {
    // Cleared by the first message: counts that do not change are not overdue.
    let mut overdue = Some(Timeout::new(OVERDUE_MS, move || set_status(counts, FeedStatus::Unresponsive)));
    let mut snapshots = pin!(api::watch_access_counts());
    while let Some(snapshot) = snapshots.next().await {
        let snapshot = snapshot?;
        overdue.take();
        backoff.reset();
        counts.update(|counts| counts.update(Ok(snapshot)));
    }
    Ok(())
}

fn set_status(counts: RwSignal<AccessCounts>, status: FeedStatus) {
    counts.update(|counts| counts.update(Err(status)));
}
