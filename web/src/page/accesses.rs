//! Everybody's calls, live: the total, and below it a bar per service and method, split by protocol. Must
//! not know where the numbers come from.

use leptos::prelude::*;

use crate::state::accesses::{Durability, Known, Line, Row, Silence};

/// The counts of every service, this page's own calls among them.
#[component]
pub fn Accesses(
    /// What is known of them.
    known: RwSignal<Known>,
) -> impl IntoView {
    move || section(&known.read())
}

/// What is known, and whether it is live.
fn section(known: &Known) -> impl IntoView + use<> {
    let total = known.total().map(|total| total.to_string());
    let (words, remedy) = known.silence().map_or(("Live", String::new()), Silence::words);
    let last_known = if known.is_stale() { LAST_KNOWN } else { "" };
    let (no_calls, help) = match known.total() {
        None => ("", HELP),
        Some(0) => (NO_CALLS, HELP),
        Some(_) => ("", ""),
    };
    view! {
        <section class="accesses" aria-labelledby="accesses" data-live=known.silence().is_none().to_string()>
            <h2 id="accesses">"Accesses"</h2>
            <p class="total" data-testid="access-total" data-count=total.clone()>
                {total.clone().unwrap_or_else(|| "–".to_owned())}
            </p>
            <p class="of">"calls from every client and service, yours among them"</p>
            <p class="durability">{known.durability().map_or("", Durability::words)}</p>
            // What changes every second is not read out.
            <p class="feed"><span role="status">{words}</span>{remedy}{last_known}</p>
            <ul>{known.lines().into_iter().map(line).collect_view()}</ul>
            <p class="summary">{no_calls}{help}</p>
        </section>
    }
}

/// A service or a row; both are the same element, since each kind would cost the page a kilobyte.
fn line(line: Line<'_>) -> impl IntoView + use<> {
    let Line { row, name, count, part } = line;
    let of_row = |field: fn(&Row) -> &str| row.map_or("", field).to_owned();
    view! {
        <li
            data-testid=if row.is_some() { "access-row" } else { "access-service" }
            data-service=of_row(|row| &row.service)
            data-method=of_row(|row| &row.method)
            data-protocol=of_row(|row| &row.protocol)
            data-count=count.to_string()
        >
            <span>{name.to_owned()}</span>
            " "
            <span class="protocol">{of_row(Row::protocol_name)}</span>
            <svg aria-hidden="true" viewBox="0 0 1000 1" preserveAspectRatio="none">
                <rect x=part.start.to_string() width=part.length.to_string() height="1"/>
            </svg>
            " "
            <b>{count.to_string()}</b>
        </li>
    }
}

/// What stands in the place of the services before the first call.
const HELP: &str = "Each method that is called, from this page or by any other client, becomes a bar here.";

/// Before it, once that is known.
const NO_CALLS: &str = "No calls yet. ";

/// What keeps numbers from passing as live ones.
const LAST_KNOWN: &str = ". These are the last known numbers.";
