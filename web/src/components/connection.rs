//! Stub.

use leptos::prelude::*;

/// Stub.
#[component]
pub fn Connection() -> impl IntoView {
    view! { <section id="connection" class="connection"></section> }
}
