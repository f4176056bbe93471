//! Streams: one from the server, and the command for those to it.

use leptos::prelude::*;

use super::{client_streams::ClientStreams, count_up::CountUp};

/// The streams in both directions.
#[component]
pub fn Streams() -> impl IntoView {
    view! {
        <section id="streams" class="streams" aria-labelledby="streams-title">
            <h2 id="streams-title">"Streams"</h2>
            <div class="directions"><CountUp /><ClientStreams /></div>
        </section>
    }
}
