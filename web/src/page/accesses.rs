//! Everybody's calls, live: the total, and below it a bar per service and method, split by protocol. Must
//! not know where the numbers come from.

use leptos::prelude::*;

use crate::state::{
    accesses::{Durability, Known, Silence},
    bars,
};

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
    let (words, remedy) = known.silence().map_or(("Live".to_owned(), String::new()), Silence::words);
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
            <ul inner_html=bars::html(known)></ul>
            <p class="summary">{no_calls}{help}</p>
        </section>
    }
}

/// What stands in the place of the services before the first call.
const HELP: &str = "Each method that is called, from this page or by any other client, becomes a bar here.";

/// Before it, once that is known.
const NO_CALLS: &str = "No calls yet. ";

/// What keeps numbers from passing as live ones.
const LAST_KNOWN: &str = ". These are the last known numbers.";
