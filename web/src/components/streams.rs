//! Stub.

use leptos::prelude::*;

/// Stub.
#[component]
pub fn Streams() -> impl IntoView {
    view! { <section id="streams" class="streams"></section> }
}
