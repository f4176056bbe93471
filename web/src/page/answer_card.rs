//! The largest thing on the screen: step 9 of a click's way. An answer, a failure or what will appear
//! take the same place, so that nothing jumps.

use leptos::{either::Either, prelude::*};

use crate::state::{
    failure::Failure,
    history::History,
    overdue::NO_ANSWER as SILENT,
    response::{Answer, Room},
};

/// The place of the answer: tells of the newest call that came to an end.
#[component]
pub fn Stage(
    /// The calls of this visit.
    history: RwSignal<History>,
) -> impl IntoView {
    let shown = move || match history.read().latest() {
        Some(Err(failure)) => Either::Right(failed(failure)),
        Some(Ok(answer)) => Either::Left(numbers(Some(answer))),
        None => Either::Left(numbers(None)),
    };
    let late = move || {
        let late = history.read().late();
        late.map(|number| view! { <p class="trip">{[&number.to_string(), " → … ", SILENT].concat()}</p> })
    };
    view! { <div class="stage" aria-live="polite" aria-atomic="true">{shown}{late}</div> }
}

/// The two numbers as large as they fit, and under them how they travelled.
fn numbers(answer: Option<&Answer>) -> impl IntoView + use<> {
    let (class, sent, returned, trip) = match answer {
        None => ("numbers empty", "x".to_owned(), "x+1".to_owned(), NO_ANSWER.to_owned()),
        Some(answer) => {
            (size(answer), answer.sent.to_string(), answer.returned.to_string(), answer.trip.to_string())
        }
    };
    view! {
        <output id="answer" class=class>
            {sent}<span role="img" aria-label="returns">" → "</span><b>{returned}</b>
        </output>
        <p class="trip">{trip}</p>
    }
}

fn failed(failure: &Failure) -> impl IntoView + use<> {
    view! {
        <div class="failure" role="alert" data-testid="failure" data-code=failure.code_name()>
            <h2>{failure.title()}</h2>
            <p>{failure.words().to_owned()}</p>
            <div inner_html=remedies(failure)></div>
            <code>{failure.code_name()}</code>
        </div>
    }
}

/// What to do about it; and where the page cannot tell what it is, what it may be: folded, so that the failure is as
/// large as the answer. As HTML, which makes the smaller page: all of it is our own text, and none of it markup.
fn remedies(failure: &Failure) -> String {
    let mut html = String::new();
    paragraphs(&mut html, failure.remedies());
    for (i, cause) in failure.possible_causes().iter().enumerate() {
        html += if i == 0 { "<details><summary>What it may be</summary><h3>" } else { "<h3>" };
        html += cause.title;
        html += "</h3>";
        paragraphs(&mut html, cause.remedies);
    }
    html
}

fn paragraphs(html: &mut String, lines: &[&str]) {
    for line in lines {
        *html += "<p>";
        *html += line;
    }
}

fn size(answer: &Answer) -> &'static str {
    match answer.room() {
        Room::Short => "numbers",
        Room::Medium => "numbers medium",
        Room::Long => "numbers long",
    }
}

/// What stands in the place of an answer before the first one.
const NO_ANSWER: &str = "The answer appears here, and under it how it travelled.";
