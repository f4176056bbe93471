//! The calls of this visit as a table, newest first, beside it how long they took: step 9 of a click's way.
//! One row is chosen; what follows on the page tells of it.

use leptos::prelude::*;

use super::{burst, plot};
use crate::state::{
    burst::grouped,
    history::{Exchange, History, KEPT},
};

/// The history of this visit; a row appears with its click and is completed by its answer. What a hand does
/// here, `hands` hears.
#[component]
pub fn Exchanges(
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

/// The rows, and under them what is not there: no row yet, or no longer.
fn rows(history: &History) -> impl IntoView + use<> {
    let summary = match (history.forgotten(), history.newest_first().next()) {
        (_, None) => {
            "Each call becomes a row here: when it left, what came back, how long it took.".to_owned()
        }
        (0, _) => String::new(),
        (forgotten, _) => format!("The newest {KEPT}; {} older ones are forgotten.", grouped(forgotten)),
    };
    let chosen = history.chosen();
    view! {
        <table role="grid">
            <thead><tr><th>"Time"</th><th>"Sent → returned"</th><th>"Took"</th></tr></thead>
            <tbody>{history.newest_first().map(|exchange| row(exchange, chosen)).collect_view()}</tbody>
        </table>
        <p class="summary">{summary}</p>
    }
}

fn row(exchange: &Exchange, chosen: u64) -> impl IntoView + use<> {
    let answer = exchange.outcome.as_ref().and_then(|outcome| outcome.as_ref().ok());
    let returned = match &exchange.outcome {
        None => "…".to_owned(),
        Some(Ok(answer)) => answer.returned.to_string(),
        Some(Err(failure)) => failure.code_name().to_owned(),
    };
    view! {
        <tr
            // An exchange is a call that came to an end.
            data-testid=exchange.outcome.is_some().then(|| "exchange".to_owned())
            data-sent=exchange.number.to_string()
            data-returned=answer.map(|answer| answer.returned.to_string())
            tabindex="-1"
            aria-selected=if exchange.id == chosen { "true" } else { "false" }
        >
            <td>{exchange.sent_at.clone()}</td>
            <td>{exchange.number.to_string()}" → "<b>{returned}</b></td>
            <td>{exchange.took.map(|took| took.to_string()).unwrap_or_default()}</td>
        </tr>
    }
}
