//! A failed call: what happened, and what to do.

use leptos::{either::Either, prelude::*};

use crate::model::failure::Failure;

/// A failure with its remedies. Those of possible causes are collapsed, so that a failure is as large as an answer.
#[component]
pub fn FailureCard(
    /// The failure.
    failure: Failure,
) -> impl IntoView {
    let causes = failure.possible_causes();
    let causes = (!causes.is_empty()).then(|| {
        let causes = causes.iter().map(|cause| {
            view! { <h3>{cause.title}</h3><Remedies lines=cause.remedies /> }
        });
        view! { <details><summary>"Possible causes"</summary>{causes.collect_view()}</details> }
    });
    view! {
        <div class="failure" role="alert" data-testid="failure" data-code=failure.code_name()>
            <h2>{failure.title()}</h2>
            <p>{failure.description().to_owned()}</p>
            <Remedies lines=failure.remedies() />
            {causes}
            <p class="code"><code>{failure.code_name()}</code></p>
        </div>
    }
}

/// Remedies, a paragraph each.
#[component]
fn Remedies(lines: &'static [&'static str]) -> impl IntoView {
    lines.iter().map(|line| view! { <p>{with_code(line)}</p> }).collect_view()
}

/// Returns a text whose commands, in backticks, are code.
fn with_code(text: &'static str) -> impl IntoView {
    let pieces = text.split('`').enumerate();
    pieces
        .map(|(index, piece)| match index % 2 {
            0 => Either::Left(piece),
            _ => Either::Right(view! { <code>{piece}</code> }),
        })
        .collect_view()
}
