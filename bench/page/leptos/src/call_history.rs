//! The calls of this visit as a table, newest first.

use leptos::prelude::*;

use crate::increment::Call;

/// The history; each call has a number that is the key of its row.
#[component]
pub(crate) fn CallHistory(
    /// The calls with their numbers.
    calls: RwSignal<Vec<(u32, Call)>>,
) -> impl IntoView {
    view! {
        <section aria-labelledby="exchanges">
            <h2 id="exchanges">"Exchanges"</h2>
            <table>
                <thead><tr><th>"Time"</th><th>"Sent → returned"</th><th>"Latency"</th></tr></thead>
                <tbody>
                    <For each=move || calls.get() key=|(id, _)| *id let((_, call))>
                        <Row call />
                    </For>
                </tbody>
            </table>
        </section>
    }
}

#[component]
fn Row(call: Call) -> impl IntoView {
    view! {
        <tr data-testid="exchange" data-sent=call.sent data-returned=call.returned>
            <td>{call.sent_at}</td>
            <td>{call.sent} " → " <b>{call.returned}</b></td>
            <td>{call.elapsed}</td>
        </tr>
    }
}
