//! The history: the calls of this visit as a table, newest first, with their latencies. Part of step 9 of the path of a click.
//! The sections below display the selected row.

use leptos::prelude::*;

use super::{burst, plot};
use crate::model::{
    burst::grouped,
    history::{CAPACITY, Call, History},
};

/// The history of this visit; a row appears with its click and is completed by its response. `events` handles its events.
#[component]
pub fn CallHistory(
    /// The calls of this visit.
    history: RwSignal<History>,
) -> impl IntoView {
    view! {
        <section aria-labelledby="exchanges">
            <h2 id="exchanges">"Exchanges"</h2>
            <div class="panel">
                <div class="rows" tabindex="0">{move || rows(&history.read())}</div>
                <div inner_html=plot::FIGURE></div>
            </div>
            <div inner_html=burst::FORM></div>
        </section>
    }
}

/// Renders the rows, and below them a summary of those that are absent.
fn rows(history: &History) -> impl IntoView + use<> {
    let summary = match (history.evicted(), history.newest_first().next()) {
        (_, None) => {
            "Each call becomes a row here: when it was sent, what was returned, how long it took.".to_owned()
        }
        (0, _) => String::new(),
        (evicted, _) => format!("The newest {CAPACITY}; {} older ones were removed.", grouped(evicted)),
    };
    let selected = history.selected();
    view! {
        <table role="grid">
            <thead><tr><th>"Time"</th><th>"Sent → returned"</th><th>"Latency"</th></tr></thead>
            <tbody>{history.newest_first().map(|call| row(call, selected)).collect_view()}</tbody>
        </table>
        <p class="summary">{summary}</p>
    }
}

fn row(call: &Call, selected: u64) -> impl IntoView + use<> {
    let response = call.outcome.as_ref().and_then(|outcome| outcome.as_ref().ok());
    let returned = match &call.outcome {
        None => "…".to_owned(),
        Some(Ok(response)) => response.returned.to_string(),
        Some(Err(failure)) => failure.code_name().to_owned(),
    };
    view! {
        <tr
            // Only finished calls have the test id.
            data-testid=call.outcome.is_some().then(|| "exchange".to_owned())
            data-sent=call.number.to_string()
            data-returned=response.map(|response| response.returned.to_string())
            tabindex="-1"
            aria-selected=if call.id == selected { "true" } else { "false" }
        >
            <td>{call.sent_at.clone()}</td>
            <td>{call.number.to_string()}" → "<b>{returned}</b></td>
            <td>{call.elapsed.map(|elapsed| elapsed.to_string()).unwrap_or_default()}</td>
        </tr>
    }
}
