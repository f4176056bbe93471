//! The answer card, the largest element of the page. Part of step 9 of the path of a click. An answer, a failure and the
//! initial text have the same size, to avoid layout shifts.

use leptos::{either::Either, prelude::*};

use crate::model::{
    failure::Failure,
    history::History,
    overdue::NO_RESPONSE,
    response::{FontSize, Response},
};

/// The card with the outcome of the newest finished call.
#[component]
pub fn AnswerCard(
    /// The calls of this visit.
    history: RwSignal<History>,
) -> impl IntoView {
    let outcome = move || match history.read().latest() {
        Some(Err(failure)) => Either::Right(failed(failure)),
        Some(Ok(response)) => Either::Left(numbers(Some(response))),
        None => Either::Left(numbers(None)),
    };
    let overdue = move || {
        let overdue = history.read().overdue();
        overdue.map(|number| {
            view! { <p class="round-trip">{[&number.to_string(), " → … ", NO_RESPONSE].concat()}</p> }
        })
    };
    view! { <div class="answer-card" aria-live="polite" aria-atomic="true">{outcome}{overdue}</div> }
}

/// Renders the two numbers in the largest font size that fits, and the round trip below.
fn numbers(response: Option<&Response>) -> impl IntoView + use<> {
    let (class, sent, returned, round_trip) = match response {
        None => ("numbers empty", "x".to_owned(), "x+1".to_owned(), NO_ANSWER.to_owned()),
        Some(response) => (
            class(response),
            response.sent.to_string(),
            response.returned.to_string(),
            response.round_trip.to_string(),
        ),
    };
    view! {
        <output id="answer" class=class>
            {sent}<span role="img" aria-label="returns">" → "</span><b>{returned}</b>
        </output>
        <p class="round-trip">{round_trip}</p>
    }
}

fn failed(failure: &Failure) -> impl IntoView + use<> {
    view! {
        <div class="failure" role="alert" data-testid="failure" data-code=failure.code_name()>
            <h2>{failure.title()}</h2>
            <p>{failure.description().to_owned()}</p>
            <div inner_html=remedies(failure)></div>
            <code>{failure.code_name()}</code>
        </div>
    }
}

/// Renders the remedies; those of possible causes are collapsed, so that a failure is as large as an answer. As HTML, which is
/// smaller than views; the texts are constants without markup.
fn remedies(failure: &Failure) -> String {
    let mut html = String::new();
    push_paragraphs(&mut html, failure.remedies());
    for (i, cause) in failure.possible_causes().iter().enumerate() {
        html += if i == 0 { "<details><summary>Possible causes</summary><h3>" } else { "<h3>" };
        html += cause.title;
        html += "</h3>";
        push_paragraphs(&mut html, cause.remedies);
    }
    html
}

fn push_paragraphs(html: &mut String, lines: &[&str]) {
    for line in lines {
        *html += "<p>";
        *html += line;
    }
}

fn class(response: &Response) -> &'static str {
    match response.font_size() {
        FontSize::Large => "numbers",
        FontSize::Medium => "numbers medium",
        FontSize::Small => "numbers small",
    }
}

/// The text before the first answer.
const NO_ANSWER: &str = "The answer appears here, and below it the protocol, the time and the bytes.";
