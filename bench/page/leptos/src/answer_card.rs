//! The outcome of the newest call.

use leptos::{either::Either, prelude::*};

use crate::increment::{Call, Failure};

/// The card with the answer, or the failure in its place.
#[component]
pub(crate) fn AnswerCard(
    /// The outcome, none before the first call.
    outcome: RwSignal<Option<Result<Call, Failure>>>,
) -> impl IntoView {
    let content = move || match outcome.get() {
        None => {
            Either::Left(numbers("x".to_owned(), "x+1".to_owned(), "The answer appears here.".to_owned()))
        }
        Some(Ok(Call { sent, returned, elapsed, .. })) => {
            Either::Left(numbers(sent.to_string(), returned.to_string(), format!("gRPC-Web, {elapsed}")))
        }
        Some(Err(failure)) => Either::Right(failed(failure)),
    };
    view! { <div class="answer-card" aria-live="polite" aria-atomic="true">{content}</div> }
}

fn numbers(sent: String, returned: String, round_trip: String) -> impl IntoView {
    view! {
        <output class="numbers">{sent} " → " <b>{returned}</b></output>
        <p class="round-trip">{round_trip}</p>
    }
}

fn failed(failure: Failure) -> impl IntoView {
    view! {
        <div class="failure" role="alert" data-testid="failure" data-code=failure.code>
            <h2>{failure.title}</h2>
            <p>{failure.message}</p>
        </div>
    }
}
