//! Makes calls, and records them in the history from their start to their end. Step 2 of the path of a click.

use gloo_timers::callback::Timeout;

use crate::{
    api,
    clock::{now, time_of_day},
    frame_signal::FrameSignal,
    model::{deadline::Deadline, history::History, number_input::NumberInput, overdue::OVERDUE_MS},
};

/// Sends a number.
pub async fn make_call(history: FrameSignal<History>, number: i64, deadline: Option<Deadline>) {
    let id = history.update_now(|history| history.start_call(number, time_of_day()));
    // Cleared when dropped.
    let overdue = Timeout::new(OVERDUE_MS, move || history.update(|history| history.mark_overdue(id)));
    let finished = api::increment(number, deadline).await;
    drop(overdue);
    history.update(|history| history.finish_call(id, finished));
}

/// Sends random numbers, one after the other, while the burst has calls to start.
pub async fn make_burst_calls(history: FrameSignal<History>, deadline: Option<Deadline>) {
    let start_call = || history.update(History::start_burst_call);
    while start_call() {
        let (number, sent_at) = (NumberInput::Random.number(js_sys::Math::random), time_of_day());
        let overdue = Timeout::new(OVERDUE_MS, move || history.update(History::mark_burst_overdue));
        let finished = api::increment(number, deadline).await;
        drop(overdue);
        history.update(|history| history.finish_burst_call(number, sent_at, finished, now()));
    }
}
