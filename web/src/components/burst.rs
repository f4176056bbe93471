//! The burst: its form, with the deadline of every call, and its progress.

use gloo_timers::future::TimeoutFuture;
use leptos::{ev::SubmitEvent, html::Input, prelude::*, reactive::actions::ActionAbortHandle};

use super::{
    grouped::grouped,
    number_field::{NumberField, number},
};
use crate::{
    calls,
    clock::now,
    frame_signal::FrameSignal,
    model::{
        burst::{Burst, BurstStatus, MAX_CALLS, MAX_IN_FLIGHT},
        deadline::Deadline,
        history::History,
        overdue::NO_RESPONSE,
    },
};

/// Starts and stops bursts, one at a time.
#[component]
pub fn Burst(
    /// The calls of this visit.
    history: FrameSignal<History>,
    /// The field for the deadline of every call, of clicks too.
    deadline_field: NodeRef<Input>,
) -> impl IntoView {
    let (size_field, in_flight_field) = (NodeRef::new(), NodeRef::new());
    // Makes one call after the other; one runs for each call in flight.
    let worker = Action::new_local(move |&deadline: &Option<Deadline>| async move {
        // In a turn of the event loop of its own, so that the browser can handle a click between two first calls.
        TimeoutFuture::new(0).await;
        calls::make_burst_calls(history, deadline).await;
    });
    let workers = StoredValue::new(Vec::<ActionAbortHandle>::new());
    let burst = Memo::new(move |_| history.signal().read().burst().cloned());
    let is_running = move || burst.read().as_ref().map(Burst::status) == Some(BurstStatus::Running);

    let on_start = move |event: SubmitEvent| {
        event.prevent_default();
        let fields = (number(size_field), number(in_flight_field), number(deadline_field));
        let (Ok(Some(size)), Ok(Some(in_flight)), Ok(deadline)) = fields else { return };
        if history.update(|history| history.start_burst(Burst::new(size, now()))) {
            let deadline = deadline.map(Deadline::from_ms);
            workers.set_value((0..in_flight).map(|_| worker.dispatch_local(deadline)).collect());
        }
    };
    let on_stop = move |_| {
        workers.try_update_value(std::mem::take).into_iter().flatten().for_each(ActionAbortHandle::abort);
        history.update(History::stop_burst);
    };

    view! {
        <form id="burst" class="burst" novalidate aria-label="Burst" on:submit=on_start>
            <h3>"Burst"</h3>
            <NumberField label="Calls" id="burst-size" limits=(1, MAX_CALLS) value=1000 node_ref=size_field />
            <NumberField label="In flight" id="burst-in-flight" limits=(1, MAX_IN_FLIGHT) value=16 node_ref=in_flight_field />
            <NumberField label="Deadline, ms" id="deadline" limits=(1, Deadline::MAX_MS) placeholder="none" node_ref=deadline_field />
            <button class="second" data-testid="burst-start" aria-disabled=move || is_running().to_string()>
                "Start burst"
            </button>
            <button
                class="second" type="button" data-testid="burst-stop"
                aria-disabled=move || (!is_running()).to_string() on:click=on_stop
            >
                "Stop"
            </button>
            <Progress burst />
        </form>
    }
}

/// The progress; screen readers announce only the outcome.
#[component]
fn Progress(burst: Memo<Option<Burst>>) -> impl IntoView {
    let outcome = move || burst.read().as_ref().map_or("", Burst::outcome);
    let progress = move || burst.read().as_ref().map_or(HELP.to_owned(), progress);
    let rate =
        move || burst.read().as_ref().map(|burst| format!(" · {} calls/s", grouped(burst.rate().into())));
    view! {
        <progress
            data-testid="burst-progress" aria-label="Burst"
            max=move || burst.read().as_ref().map(Burst::size)
            value=move || burst.read().as_ref().map_or(0, Burst::completed)
        />
        <p class="summary">
            <span role="status">{outcome}</span>
            <span id="burst-completed">{progress}</span>
            <span data-testid="burst-rate">{rate}</span>
        </p>
    }
}

/// Returns the progress as text, such as `1,234 of 10,000`.
fn progress(burst: &Burst) -> String {
    let mut text = format!("{} of {}", grouped(burst.completed().into()), grouped(burst.size().into()));
    if let Some(code) = burst.first_failure() {
        text += &format!("; {} failed, first with {code}", grouped(burst.failed().into()));
    }
    if burst.is_overdue() { format!("{text}. {NO_RESPONSE}") } else { text }
}

/// The text before the first burst.
const HELP: &str =
    "A burst sends random numbers; its progress and rate appear here. The deadline applies to clicks, too.";
