//! The wire section.

use leptos::prelude::*;

use crate::model::history::Call;

/// The wire section.
#[component]
pub fn Wire(
    /// The call to explain; none before the first.
    call: Memo<Option<Call>>,
) -> impl IntoView {
    view! { <section id="wire" class="wire">{move || call.read().as_ref().map(|call| call.number)}</section> }
}
