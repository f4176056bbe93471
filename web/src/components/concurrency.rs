//! Concurrent calls at two addresses of the server, whose HTTP versions differ.

use gloo_timers::callback::Timeout;
use leptos::{ev::SubmitEvent, html::Input, prelude::*};
use web_sys::HtmlInputElement;

use super::waterfalls::Waterfalls;
use crate::{
    api,
    model::{
        comparison::{Comparison, default_other, failure_at_other},
        failure::Failure,
        overdue::OVERDUE_MS,
        waterfall::Waterfall,
    },
};

/// Compares concurrent calls at the page's address and at another one, one comparison at a time.
#[component]
pub fn Concurrency() -> impl IntoView {
    let comparison = RwSignal::new(Comparison::default());
    let compare = Action::new_local(move |other: &String| compare(comparison, other.clone()));
    let field = NodeRef::<Input>::new();
    let is_running = move || comparison.read().is_running();

    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        // The browser reports an invalid address.
        let field = field.get_untracked().filter(HtmlInputElement::report_validity);
        let Some(field) = field else { return };
        if !comparison.read_untracked().is_running() {
            compare.dispatch_local(field.value().trim_end_matches('/').to_owned());
        }
    };

    view! {
        <section id="many" class="many" aria-labelledby="many-title">
            <h2 id="many-title">"Many at once"</h2>
            <p class="intro">
                "20 concurrent calls, each of which takes the service 100 ms. Over HTTP/2 they share one connection. \
                 Over HTTP/1.1 each needs its own, and a browser opens at most six: the others wait."
            </p>
            <form novalidate on:submit=on_submit>
                <label>
                    "The server’s other address"
                    <input type="url" required value=default_address() node_ref=field />
                </label>
                <button class="second" aria-disabled=move || is_running().to_string()>"Compare"</button>
            </form>
            <p id="many-status" role="status" class:failed=move || comparison.read().has_failed()>
                {move || comparison.read().status().to_owned()}
            </p>
            <Waterfalls comparison=comparison.read_only() />
        </section>
    }
}

fn default_address() -> String {
    let location = window().location();
    let is_secure = location.protocol().is_ok_and(|protocol| protocol == "https:");
    default_other(is_secure, &location.hostname().unwrap_or_default())
}

/// Calls one address, then the other, and records the outcome.
async fn compare(comparison: RwSignal<Comparison>, other: String) {
    comparison.update(Comparison::start);
    let outcome = call_both(comparison, &other).await;
    comparison.update(|comparison| comparison.finish(outcome));
}

/// Fails with a message for the person.
async fn call_both(comparison: RwSignal<Comparison>, other: &str) -> Result<[Waterfall; 2], String> {
    let own = window().location().origin().unwrap_or_default();
    let first = call(comparison, &api::own_base_url()).await;
    let first = first.map_err(|failure| failure.title().to_owned())?;
    let second = call(comparison, other).await;
    let second = second.map_err(|failure| failure_at_other(&failure, other, &own))?;
    Ok([first, second])
}

/// Calls one address, and reports an overdue response.
async fn call(comparison: RwSignal<Comparison>, base: &str) -> Result<Waterfall, Failure> {
    // Cleared when dropped.
    let _overdue = Timeout::new(OVERDUE_MS, move || comparison.update(Comparison::mark_overdue));
    api::call_concurrently(base).await
}
