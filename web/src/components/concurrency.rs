//! Stub.

use leptos::prelude::*;

/// Stub.
#[component]
pub fn Concurrency() -> impl IntoView {
    view! { <section id="concurrency" class="concurrency"></section> }
}
