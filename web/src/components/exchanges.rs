//! The history: the calls of this visit as a table, newest first. Part of step 9 of the path of a click. The parts below
//! display the selected one.

use leptos::{ev::KeyboardEvent, html::Tr, prelude::*};

use super::grouped::grouped;
use crate::{
    frame_signal::FrameSignal,
    model::history::{CAPACITY, Call, History},
};

/// The calls of this visit; a row appears with its click and is completed by its response.
#[component]
pub fn Exchanges(
    /// The calls of this visit.
    history: FrameSignal<History>,
) -> impl IntoView {
    let calls = history.signal();
    let ids = move || calls.read().newest_first().map(|call| call.id).collect::<Vec<_>>();
    let selected = Memo::new(move |_| calls.read().selected());
    // The row that the arrow keys selected last.
    let focused = RwSignal::new(0);

    let on_select = move |id| history.update_now(|history| history.select(id));
    let on_keydown = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => History::select_older,
            "ArrowUp" => History::select_newer,
            _ => return,
        };
        // The default scrolls the rows.
        event.prevent_default();
        focused.set(history.update_now(step));
    };

    view! {
        <section id="exchanges" class="exchanges" aria-labelledby="exchanges-title">
            <h2 id="exchanges-title">"Exchanges"</h2>
            <div class="rows" tabindex="0" on:keydown=on_keydown>
                <table role="grid">
                    <thead><tr><th>"Time"</th><th>"Sent → returned"</th><th>"Latency"</th></tr></thead>
                    <tbody>
                        <For each=ids key=|id| *id let:id>
                            <Row id calls selected focused on_select />
                        </For>
                    </tbody>
                </table>
                <p class="summary">{move || summary(&calls.read())}</p>
            </div>
        </section>
    }
}

/// A call; clicking it, or Enter, selects it.
#[component]
fn Row(
    id: u64,
    calls: ReadSignal<History>,
    /// The id of the selected call.
    selected: Memo<u64>,
    /// The id of the call whose row is to be focused.
    focused: RwSignal<u64>,
    on_select: impl Fn(u64) + Copy + 'static,
) -> impl IntoView {
    let call = Memo::new(move |_| calls.read().call(id).cloned().unwrap_or_default());
    let row = NodeRef::<Tr>::new();
    Effect::new(move || {
        if focused.get() == id {
            // Also scrolls it into view; focus never fails for a row in the document.
            let _ = row.get().map(|row| row.focus());
        }
    });
    let on_keydown = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            on_select(id);
        }
    };
    view! {
        <tr
            node_ref=row tabindex="-1" on:click=move |_| on_select(id) on:keydown=on_keydown
            // Only finished calls have the test id.
            data-testid=move || call.read().finished.is_some().then_some("exchange")
            data-sent=move || call.read().number
            data-returned=move || call.read().response().map(|response| response.returned)
            aria-selected=move || (selected.get() == id).to_string()
        >
            <td>{move || call.read().sent_at.clone()}</td>
            <td>{move || call.read().number}" → "<b>{move || returned(&call.read())}</b></td>
            <td>{move || call.read().finished.as_ref().map(|finished| finished.elapsed.to_string())}</td>
        </tr>
    }
}

/// Returns the number that was returned, or the status code of a failure.
fn returned(call: &Call) -> String {
    match call.finished.as_ref().map(|finished| &finished.outcome) {
        None => "…".to_owned(),
        Some(Ok(response)) => response.returned.to_string(),
        Some(Err(failure)) => failure.code_name().to_owned(),
    }
}

/// Returns what the rows are, or how many are absent.
fn summary(history: &History) -> String {
    match (history.evicted(), history.newest_first().next()) {
        (_, None) => {
            "Each call becomes a row here: when it was sent, what was returned, how long it took.".to_owned()
        }
        (0, _) => String::new(),
        (evicted, _) => format!("The newest {CAPACITY}; {} older ones were removed.", grouped(evicted)),
    }
}
