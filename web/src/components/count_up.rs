//! A stream of numbers that count up, live.

use std::pin::pin;

use futures_util::StreamExt;
use gloo_timers::callback::Timeout;
use leptos::{ev::SubmitEvent, prelude::*, reactive::actions::ActionAbortHandle};

use super::{
    count_up_values::CountUpValues,
    number_field::{NumberField, number},
};
use crate::{
    api,
    model::{
        count_up::{CountUp, CountUpOptions},
        failure::Failure,
        number_input::NumberInput,
        overdue::overdue_ms,
    },
};

/// Starts and stops streams, one at a time; a new one replaces a running one.
#[component]
pub fn CountUp() -> impl IntoView {
    let count_up = RwSignal::new(CountUp::default());
    let stream = Action::new_local(move |&options: &CountUpOptions| run(count_up, options));
    let running = StoredValue::new(None::<ActionAbortHandle>);
    let start_text = RwSignal::new(String::new());
    let (steps_field, interval_field) = (NodeRef::new(), NodeRef::new());

    let cancel =
        move || running.try_update_value(Option::take).flatten().map_or((), ActionAbortHandle::abort);
    let on_start = move |event: SubmitEvent| {
        event.prevent_default();
        // The browser reports invalid steps and intervals.
        let (Ok(steps), Ok(Some(interval_ms))) = (number(steps_field), number(interval_field)) else {
            return;
        };
        match NumberInput::parse(&start_text.read_untracked()) {
            Err(error) => count_up.update(|count_up| count_up.reject(error)),
            Ok(start) => {
                cancel();
                count_up.update(CountUp::start);
                // Empty: 0.
                let start = start.number(|| 0.0);
                let options = CountUpOptions { start, steps: steps.unwrap_or(0).into(), interval_ms };
                running.set_value(Some(stream.dispatch_local(options)));
            }
        }
    };
    let on_stop = move |_| {
        cancel();
        count_up.update(CountUp::stop);
    };

    view! {
        <div class="count-up">
            <h3>"A stream from the server"</h3>
            <p class="intro">
                "One request, a stream of responses: "<code>"CountUp"</code>" sends x+1, x+2 and so on. Stop cancels the \
                 call, and the service stops."
            </p>
            <form novalidate on:submit=on_start>
                <label>
                    "Start at"
                    <input
                        id="count-start" placeholder="0" autocomplete="off" bind:value=start_text
                        aria-describedby="count-up" aria-invalid=move || count_up.read().is_rejected().to_string()
                    />
                </label>
                <NumberField label="Steps" id="count-steps" limits=(1, u32::MAX) placeholder="no end" node_ref=steps_field />
                <NumberField label="Interval, ms" id="count-interval" limits=INTERVAL_MS value=200 node_ref=interval_field />
                <button data-testid="count-up-start">"Start"</button>
                <button
                    class="second" type="button" data-testid="count-up-stop" on:click=on_stop
                    aria-disabled=move || (!count_up.read().is_running()).to_string()
                >
                    "Stop"
                </button>
            </form>
            <CountUpValues count_up=count_up.read_only() />
        </div>
    }
}

/// The limits of the interval; the lower one keeps the browser responsive.
const INTERVAL_MS: (u32, u32) = (10, 60_000);

/// Receives a stream, and records its end.
async fn run(count_up: RwSignal<CountUp>, options: CountUpOptions) {
    let outcome = receive(count_up, options).await;
    count_up.update(|count_up| count_up.finish(outcome));
}

/// Receives the values until the end of the stream.
async fn receive(count_up: RwSignal<CountUp>, options: CountUpOptions) -> Result<(), Failure> {
    let after_ms = overdue_ms(options.interval_ms);
    let timer =
        || Timeout::new(after_ms, move || count_up.update(|count_up| count_up.mark_overdue(after_ms)));
    // Cleared when dropped, and so by each value.
    let mut _overdue = timer();
    let mut values = pin!(api::count_up(options));
    while let Some(value) = values.next().await {
        let value = value?;
        _overdue = timer();
        count_up.update(|count_up| count_up.push(value));
    }
    Ok(())
}
