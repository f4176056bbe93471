//! The access counts, live: the total, and a bar per service and method, split by protocol.

use leptos::prelude::*;

use super::{access_bars::AccessBars, access_feed::use_access_counts, grouped::grouped};
use crate::model::accesses::{AccessCounts, Durability, FeedStatus};

/// The access counts of every service, including calls of this page.
#[component]
pub fn Accesses() -> impl IntoView {
    let counts = use_access_counts();
    let total = move || counts.read().total();
    let is_live = move || counts.read().status() == FeedStatus::Live;
    let durability = move || counts.read().durability().map_or("", Durability::description);
    // Screen readers do not announce what changes every second.
    let status = move || counts.read().status().description().0;
    let suffix = move || counts.read().status().description().1;
    let stale = move || counts.read().is_stale().then_some(". These are the last known numbers.");
    view! {
        <section id="accesses" class="accesses" aria-labelledby="accesses-title" data-live=move || is_live().to_string()>
            <h2 id="accesses-title">"Accesses"</h2>
            <p class="total" data-testid="access-total" data-count=total>
                {move || total().map_or("–".to_owned(), grouped)}
            </p>
            <p class="caption">"calls from all clients and services, including this page"</p>
            <p class="durability">{durability}</p>
            <p class="feed"><span role="status">{status}</span>{suffix}{stale}</p>
            <AccessBars counts />
            <p class="summary">{move || summary(&counts.read())}</p>
        </section>
    }
}

/// Returns the text in place of the services before the first call.
fn summary(counts: &AccessCounts) -> Option<&'static str> {
    match counts.total() {
        None => {
            Some("Each method that is called, from this page or by any other client, becomes a bar here.")
        }
        Some(0) => Some(
            "No calls yet. Each method that is called, from this page or by any other client, becomes a bar here.",
        ),
        Some(_) => None,
    }
}
