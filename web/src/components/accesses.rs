//! The access counts, live: the total, and a bar per service and method, split by protocol.

use leptos::prelude::*;

use crate::model::{
    accesses::{AccessCounts, Durability, FeedStatus},
    bars,
};

/// The access counts of every service, including calls of this page.
#[component]
pub fn Accesses(
    /// The access counts.
    counts: RwSignal<AccessCounts>,
) -> impl IntoView {
    move || section(&counts.read())
}

/// Renders the counts and the status of the feed.
fn section(counts: &AccessCounts) -> impl IntoView + use<> {
    let total = counts.total().map(|total| total.to_string());
    let is_live = counts.status() == FeedStatus::Live;
    let (status, suffix) = counts.status().description();
    let last_known = if counts.is_stale() { LAST_KNOWN } else { "" };
    let (no_calls, help) = match counts.total() {
        None => ("", HELP),
        Some(0) => (NO_CALLS, HELP),
        Some(_) => ("", ""),
    };
    view! {
        <section class="accesses" aria-labelledby="accesses" data-live=is_live.to_string()>
            <h2 id="accesses">"Accesses"</h2>
            <p class="total" data-testid="access-total" data-count=total.clone()>
                {total.clone().unwrap_or_else(|| "–".to_owned())}
            </p>
            <p class="caption">"calls from all clients and services, including this page"</p>
            <p class="durability">{counts.durability().map_or("", Durability::description)}</p>
            // Screen readers do not announce what changes every second.
            <p class="feed"><span role="status">{status}</span>{suffix}{last_known}</p>
            <ul inner_html=bars::html(counts)></ul>
            <p class="summary">{no_calls}{help}</p>
        </section>
    }
}

/// The text in place of the services before the first call.
const HELP: &str = "Each method that is called, from this page or by any other client, becomes a bar here.";

/// The text before it, after the first snapshot.
const NO_CALLS: &str = "No calls yet. ";

/// The text that marks counts as stale.
const LAST_KNOWN: &str = ". These are the last known numbers.";
