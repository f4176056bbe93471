//! The outcome of the newest finished call, the largest element of the page. Part of step 9 of the path of a click. An
//! answer, a failure and the initial text have the same size, to avoid layout shifts.

use leptos::prelude::*;

use super::failure_card::FailureCard;
use crate::model::{
    failure::Failure,
    overdue::NO_RESPONSE,
    response::{FontSize, Response},
};

/// The card with the outcome of the newest finished call, and below it the number of a call whose response is overdue.
#[component]
pub fn AnswerCard(
    /// The outcome; none before the first.
    outcome: Signal<Option<Result<Response, Failure>>>,
    /// The number of an overdue call.
    overdue: Signal<Option<i64>>,
) -> impl IntoView {
    let card = move || match outcome.get() {
        None => view! { <Placeholder /> }.into_any(),
        Some(Ok(response)) => view! { <Answer response /> }.into_any(),
        Some(Err(failure)) => view! { <FailureCard failure /> }.into_any(),
    };
    let overdue =
        move || overdue.get().map(|number| view! { <p class="round-trip">{number}" → … "{NO_RESPONSE}</p> });
    view! { <div class="answer-card" aria-live="polite" aria-atomic="true">{card}{overdue}</div> }
}

/// The text before the first call.
#[component]
fn Placeholder() -> impl IntoView {
    view! {
        <output id="answer" class="numbers empty">"x → "<b>"x+1"</b></output>
        <p class="round-trip">"The answer appears here, and below it the protocol, the time and the bytes."</p>
    }
}

/// The two numbers in the largest font size that fits, and the round trip below.
#[component]
fn Answer(response: Response) -> impl IntoView {
    let class = match response.font_size() {
        FontSize::Large => "numbers",
        FontSize::Medium => "numbers medium",
        FontSize::Small => "numbers small",
    };
    view! {
        <output id="answer" class=class>
            {response.sent}<span role="img" aria-label="returns">" → "</span><b>{response.returned}</b>
        </output>
        <p class="round-trip">{response.round_trip.to_string()}</p>
    }
}
