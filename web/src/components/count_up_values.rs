//! The status of a stream that counts up, and its newest values.

use leptos::prelude::*;

use super::grouped::grouped;
use crate::model::{count_up::CountUp, failure::Failure};

/// The status and the newest values; screen readers announce only the status.
#[component]
pub fn CountUpValues(
    /// The newest stream.
    count_up: ReadSignal<CountUp>,
) -> impl IntoView {
    let newest = move || count_up.read().newest().collect::<Vec<_>>();
    let status = move || count_up.read().status();
    let received = move || count_up.read().received(grouped);
    let code = move || count_up.read().failure().map_or("", Failure::code_name);
    let is_wrong = move || count_up.read().is_rejected() || count_up.read().failure().is_some();
    view! {
        <div class="values">
            <p id="count-up" data-code=code class:failed=is_wrong>
                <span role="status">{status}</span><span>{received}</span>
            </p>
            <p class="newest">
                <For each=newest key=|value| *value let:value>
                    <b data-testid="count-up-value">{value.value}</b>" "
                </For>
            </p>
        </div>
    }
}
