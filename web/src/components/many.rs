//! The comparison of concurrent calls over two HTTP versions. Independent of how they are made.

use std::{cell::Cell, rc::Rc};

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::{
    dom::{set_attribute, set_html, set_text},
    task::spawn,
};
use crate::{
    api::{self, IdleTimer},
    model::{
        failure::Failure,
        overdue::{NO_RESPONSE, OVERDUE_MS},
        waterfall::{self, Waterfall},
    },
};

/// The id of the form.
pub const FORM: &str = "many-form";

/// The section before the first comparison; elements that change have ids.
pub const FRAGMENT: &str = r#"<h2 id="many">Many at once</h2>
<p>20 concurrent calls, each of which takes the service 100 ms. Over HTTP/2 they share one connection. Over HTTP/1.1 each needs its own, and a browser opens at most six: the others wait.</p>
<form id="many-form">
<label>The server’s other address<input id="many-other" type="url" required></label>
<button id="many-start" class="second">Compare</button>
</form>
<p id="many-status" role="status">Two diagrams appear here, one for each address: a line for each call, thin while it waits, thick while it is in flight.</p>
<div id="many-diagrams"></div>"#;

const OTHER: &str = "many-other";
const START: &str = "many-start";
const STATUS: &str = "many-status";
const DIAGRAMS: &str = "many-diagrams";

/// Compares the address of this page with another address of the server, one comparison at a time.
#[derive(Default)]
pub struct ComparisonActions {
    is_running: Rc<Cell<bool>>,
}

impl ComparisonActions {
    /// Starts a comparison, unless one is running.
    pub fn start(&self) {
        let Some(other) = other_address() else { return };
        if self.is_running.replace(true) {
            return;
        }
        set_attribute(START, "aria-disabled", "true");
        set_text(STATUS, "20 calls to each address…");
        let is_running = Rc::clone(&self.is_running);
        spawn(async move {
            let (status, diagrams) = match compare(&other).await {
                Ok(both) => (
                    "A line for each call: thin while it waits, thick while it is in flight.".to_owned(),
                    waterfall::html(&both),
                ),
                Err(message) => (message, String::new()),
            };
            set_text(STATUS, &status);
            set_html(DIAGRAMS, &diagrams);
            set_attribute(START, "aria-disabled", "false");
            is_running.set(false);
        });
    }
}

/// Fills the field with the default address: the ports are those of the README.
pub fn fill_default_address() {
    let host = window().location().hostname().unwrap_or_default();
    let default = if is_secure() { format!("http://{host}:5080") } else { format!("https://{host}:5000") };
    field().set_value(&default);
}

/// Returns the address in the field; none if it is invalid, which the browser reports.
fn other_address() -> Option<String> {
    let field = field();
    field.report_validity().then(|| field.value().trim_end_matches('/').to_owned())
}

/// Calls one address, then the other. Fails with a message for the person.
async fn compare(other: &str) -> Result<[Waterfall; 2], String> {
    let own = window().location().origin().unwrap_or_default();
    let remedy = if other.starts_with("http:") {
        "Is the server started with --plaintext-listen 127.0.0.1:5080?".to_owned()
    } else {
        format!("Is the server started with --cors-origin {own}?")
    };
    let first = make_calls(&api::own_base_url(&window())).await;
    let first = first.map_err(|failure| failure.title().to_owned())?;
    let second = make_calls(other).await;
    let second = second.map_err(|failure| format!("{other}: {}. {remedy}", failure.title()))?;
    Ok([first, second])
}

/// Calls one address, and reports an overdue response.
async fn make_calls(base: &str) -> Result<Waterfall, Failure> {
    let _idle = IdleTimer::start(OVERDUE_MS, || set_text(STATUS, NO_RESPONSE));
    api::call_concurrently(base).await
}

fn is_secure() -> bool {
    window().location().protocol().is_ok_and(|protocol| protocol == "https:")
}

fn field() -> HtmlInputElement {
    let field = document().get_element_by_id(OTHER).expect("the field is always present");
    field.unchecked_into()
}
