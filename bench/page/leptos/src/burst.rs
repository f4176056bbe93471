//! Many calls, so many at the same time, and their progress.

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use crate::{increment::increment, number_input::random_number};

#[component]
pub(crate) fn Burst() -> impl IntoView {
    let size = RwSignal::new("1000".to_owned());
    let in_flight = RwSignal::new("16".to_owned());
    let max = RwSignal::new(1_u32);
    let completed = RwSignal::new(0_u32);
    let left = StoredValue::new(0_u32);
    let start = move |event: SubmitEvent| {
        event.prevent_default();
        let (Ok(size), Ok(in_flight)) = (size.read().parse(), in_flight.read().parse::<u32>()) else {
            return;
        };
        max.set(size);
        completed.set(0);
        left.set_value(size);
        for _ in 0..in_flight {
            spawn_local(make_calls(left, completed));
        }
    };
    view! {
        <form class="burst" on:submit=start>
            <input data-testid="burst-size" aria-label="Calls" type="number" min="1" required bind:value=size />
            <input data-testid="burst-in-flight" aria-label="In flight" type="number" min="1" required bind:value=in_flight />
            <button data-testid="burst-start">"Start burst"</button>
            <progress data-testid="burst-progress" aria-label="Burst" max=max value=completed />
        </form>
    }
}

/// Makes one call after the other while some are left.
async fn make_calls(left: StoredValue<u32>, completed: RwSignal<u32>) {
    while left.get_value() > 0 {
        left.update_value(|left| *left -= 1);
        if increment(random_number()).await.is_ok() {
            completed.update(|completed| *completed += 1);
        }
    }
}
