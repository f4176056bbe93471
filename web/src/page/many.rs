//! Many calls at once, over two versions of HTTP. Must not know how they are made.

use std::{cell::Cell, rc::Rc};

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use super::{
    dom::{put, put_html},
    task::spawn,
};
use crate::{
    api::{self, IdleTimer},
    state::{
        failure::Failure,
        overdue::{NO_ANSWER, SILENT_MS},
        waterfall::{self, Waterfall},
    },
};

/// The id of the form.
pub const FORM: &str = "many-form";

/// The part before the first comparison; what changes has an id.
pub const PART: &str = r#"<h2 id="many">Many at once</h2>
<p>20 calls at once, each of which takes the service 100 ms. Over HTTP/2 they share one connection. Over HTTP/1.1 each needs its own, and a browser opens six at most: the others wait.</p>
<form id="many-form">
<label>The server’s other address<input id="many-other" type="url" required></label>
<button id="many-start" class="second">Compare</button>
</form>
<p id="many-words" role="status">Two drawings appear here, one for each address: a line for each call, thin while it waits, thick while it is under way.</p>
<div id="many-drawings"></div>"#;

const OTHER: &str = "many-other";
const START: &str = "many-start";
const WORDS: &str = "many-words";
const DRAWINGS: &str = "many-drawings";

/// Compares this page's own address with another of the server's, one comparison at a time.
#[derive(Default)]
pub struct Comparer {
    is_running: Rc<Cell<bool>>,
}

impl Comparer {
    /// Compares, unless it does already.
    pub fn start(&self) {
        let Some(other) = other() else { return };
        if self.is_running.replace(true) {
            return;
        }
        put(START, "aria-disabled", "true");
        put(WORDS, "", "20 calls to each address…");
        let is_running = Rc::clone(&self.is_running);
        let comparing = async move {
            let (words, drawings) = match compare(&other).await {
                Ok(both) => (
                    "A line for each call: thin while it waits, thick while it is under way.".to_owned(),
                    waterfall::html(&both),
                ),
                Err(words) => (words, String::new()),
            };
            put(WORDS, "", &words);
            put_html(DRAWINGS, &drawings);
            put(START, "aria-disabled", "false");
            is_running.set(false);
        };
        spawn(comparing);
    }
}

/// Writes the usual other address into its field: the ports are those of the README.
pub fn suggest() {
    let host = window().location().hostname().unwrap_or_default();
    let usual = if is_secure() { format!("http://{host}:5080") } else { format!("https://{host}:5000") };
    field().set_value(&usual);
}

/// The address in the field; none where the browser has just said that it is none.
fn other() -> Option<String> {
    let field = field();
    field.report_validity().then(|| field.value().trim_end_matches('/').to_owned())
}

/// Makes the calls to one address, and then to the other; fails with words for the person.
async fn compare(other: &str) -> Result<[Waterfall; 2], String> {
    let own = window().location().origin().unwrap_or_default();
    let remedy = if other.starts_with("http:") {
        "Is the server started with --plaintext-listen 127.0.0.1:5080?".to_owned()
    } else {
        format!("Is the server started with --cors-origin {own}?")
    };
    let first = make_calls(&api::own_base(&window())).await;
    let first = first.map_err(|failure| failure.title().to_owned())?;
    let second = make_calls(other).await;
    let second = second.map_err(|failure| format!("{other}: {}. {remedy}", failure.title()))?;
    Ok([first, second])
}

/// Makes the calls to one address, and tells where that takes too long.
async fn make_calls(base: &str) -> Result<Waterfall, Failure> {
    let _idle = IdleTimer::start(SILENT_MS, || put(WORDS, "", NO_ANSWER));
    api::many_at_once(base).await
}

fn is_secure() -> bool {
    window().location().protocol().is_ok_and(|protocol| protocol == "https:")
}

fn field() -> HtmlInputElement {
    let field = document().get_element_by_id(OTHER).expect("the field is there from the start");
    field.unchecked_into()
}
