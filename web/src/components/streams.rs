//! The streams section: a count-up stream, and who can call the other streams. Independent of the transport.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::dom::{set_attribute, set_html, set_text};
use crate::model::count_up::CountUp;

/// The id of the form.
pub const FORM: &str = "count";

/// The id of the stop button.
pub const STOP: &str = "count-stop";

/// The id of the field for the start.
const START: &str = "count-start";

/// The id of the field for the number of values; empty: unlimited.
pub const STEPS: &str = "count-steps";

/// The id of the field for the time between two values, in milliseconds. Its minimum keeps the browser responsive.
pub const INTERVAL: &str = "count-interval";

/// The section before the first stream; elements that change have ids.
pub const FRAGMENT: &str = r#"<h2 id="streams">Streams</h2>
<p>One request, a stream of responses: CountUp sends x+1, x+2 and so on. Stop cancels the call, and the service stops.</p>
<form id="count" novalidate>
<label>Start at<input id="count-start" placeholder="0" autocomplete="off" aria-describedby="count-up"></label>
<label>Steps<input id="count-steps" type="number" min="1" max="4294967295" placeholder="no end"></label>
<label>Interval, ms<input id="count-interval" type="number" min="10" max="60000" value="200" required></label>
<button data-testid="count-up-start">Start</button>
<button id="count-stop" type="button" class="second" data-testid="count-up-stop">Stop</button>
<div class="values"><span id="count-values"></span>
<p id="count-up"><span id="count-status" role="status">The values appear here one by one, as the service sends them.</span><span id="count-received"></span></p></div>
</form>
<h3>Streams to the server</h3>
<p><code>SumIncrements</code> accepts a stream of numbers, and <code>IncrementMany</code> responds to each as it arrives. No page can call them: a browser sends the whole request before it reads the response, and gRPC&#8209;Web has no other way. A program can, over gRPC: <code>increment&nbsp;many</code>, or a client in any language.</p>"#;

/// Renders the newest values and the status; screen readers announce only the status.
pub fn render(count_up: &CountUp) {
    set_html("count-values", &count_up.html());
    let (status, received) = count_up.status();
    set_text("count-status", &status);
    set_text("count-received", &received);
    set_attribute("count-up", "data-code", count_up.failure().map_or("", |failure| failure.code_name()));
    set_attribute(START, "aria-invalid", if count_up.is_rejected() { "true" } else { "false" });
}

/// Returns the text of the field for the start.
pub fn start_text() -> String {
    let field = document().get_element_by_id(START).expect("the field is always present");
    field.unchecked_into::<HtmlInputElement>().value()
}
