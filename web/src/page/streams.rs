//! Counting up: one call, many answers, and who else can stream what. Must not know where the values come from.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::dom::{put, put_html};
use crate::state::count_up::Count;

/// The id of the form.
pub const FORM: &str = "count";

/// The id of the button that stops.
pub const STOP: &str = "count-stop";

/// The id of the field that says where to start.
const START: &str = "count-start";

/// The id of the field that says how many values; empty: without end.
pub const STEPS: &str = "count-steps";

/// The id of the field for the time between two values, in milliseconds. Without any, a browser would do nothing but read.
pub const INTERVAL: &str = "count-interval";

/// The part before the first stream; what changes has an id.
pub const PART: &str = r#"<h2 id="streams">Streams</h2>
<p>One call, many answers: CountUp sends x+1, x+2 and so on, each as it comes. With Stop, the service stops too.</p>
<form id="count" novalidate>
<label>Start at<input id="count-start" placeholder="0" autocomplete="off" aria-describedby="count-up"></label>
<label>Steps<input id="count-steps" type="number" min="1" max="4294967295" placeholder="no end"></label>
<label>Interval, ms<input id="count-interval" type="number" min="10" max="60000" value="200" required></label>
<button data-testid="count-up-start">Start</button>
<button id="count-stop" type="button" class="second" data-testid="count-up-stop">Stop</button>
<div class="values"><span id="count-values"></span>
<p id="count-up"><span id="count-words" role="status">The values appear here one by one, as the service sends them.</span><span id="count-received"></span></p></div>
</form>
<h3>Streams towards the server</h3>
<p><code>SumIncrements</code> takes a stream of numbers, and <code>IncrementMany</code> answers each while they come. No page can call them: a browser sends a request whole before it reads the answer, and gRPC&#8209;Web knows no other way. A program can, over gRPC: <code>increment&nbsp;many</code>, or a client in any language.</p>"#;

/// Shows the newest values, and how it goes on; only the latter is read out.
pub fn draw(count: &Count) {
    put_html("count-values", &count.html());
    let (words, received) = count.words();
    put("count-words", "", &words);
    put("count-received", "", &received);
    put("count-up", "data-code", count.failure().map_or("", |failure| failure.code_name()));
    put(START, "aria-invalid", if count.is_refused() { "true" } else { "false" });
}

/// What is typed into the field that says where to start.
pub fn typed() -> String {
    let field = document().get_element_by_id(START).expect("the field is there from the start");
    field.unchecked_into::<HtmlInputElement>().value()
}
