//! The bytes of the chosen exchange, and what is marked in them. Must not know what they mean.

use std::cell::Cell;

use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::{
    copy,
    dom::{put, put_html},
};
use crate::state::{burst::Stage, history::History, wire};

/// The part before the first exchange; what changes has an id.
pub const PART: &str = r#"<h2 id="wire">On the wire</h2>
<p id="wire-of">The bytes of each call appear here, sent and received, with what every one of them means: send a number, or choose a row above.</p>
<div id="wire-bytes"></div>
<div class="copy"><h3>Copy as</h3>
<p>The same call from a shell in the project’s folder. All but curl and JavaScript need HTTP/2 on the whole way.</p>
<div role="group" aria-label="Copy as"><button class="second" value="0">curl</button><button class="second" value="1">grpcurl</button><button class="second" value="2">buf curl</button><button class="second" value="3">Python</button><button class="second" value="4">JavaScript</button><button class="second" value="5">Rust</button></div>
<p id="copied" role="status"></p>
<pre id="snippet" data-testid="snippet" tabindex="0" aria-label="The call to copy"></pre></div>"#;

thread_local! {
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

/// Shows the chosen exchange, once it has come to its end; until then the last one stays. In a burst nobody could read
/// it, and drawing it would slow the burst down.
pub fn draw(history: &History) {
    if history.burst().is_some_and(|burst| burst.stage() == Stage::Running) {
        return;
    }
    let Some(chosen) = history.chosen_exchange() else { return };
    if chosen.outcome.is_some() && DRAWN.replace(chosen.id) != chosen.id {
        put(
            "wire-of",
            "",
            &["The call of ", &chosen.number.to_string(), " at ", &chosen.sent_at, "."].concat(),
        );
        put_html("wire-bytes", &wire::html(&chosen.record));
        copy::choose(chosen.number);
    }
}

/// Marks a run of bytes and its explanation where one of them is pointed at or has the focus.
pub fn mark(target: &Element) {
    // A byte lies in several spans, the innermost first.
    let Ok(Some(place)) = target.closest("[data-span]") else { return };
    let names = place.get_attribute("data-span").unwrap_or_default();
    let Some(name) = names.split(' ').next().filter(|name| !name.is_empty()) else { return };
    select("#wire-bytes [aria-selected=true]", "false");
    let all = ["#wire-bytes [data-span~=", name, "]"].concat();
    select(&all, "true");
    let entry = document().query_selector(&[&all, "[role=option] span"].concat());
    let words = entry.ok().flatten().and_then(|entry| entry.text_content());
    put(&["told-", name.get(..1).unwrap_or_default()].concat(), "", &words.unwrap_or_default());
}

fn select(places: &str, is_selected: &str) {
    // No selector here is a wrong one.
    let Ok(places) = document().query_selector_all(places) else { return };
    for index in 0..places.length() {
        let Some(place) = places.get(index) else { return };
        let _ = place.unchecked_into::<Element>().set_attribute("aria-selected", is_selected);
    }
}

/// Moves the focus from line to line of an explanation.
pub fn step(event: &KeyboardEvent, target: &Element) -> Result<(), JsValue> {
    let Some(line) = target.closest("[role=option]")? else { return Ok(()) };
    let next = match event.key().as_str() {
        "ArrowDown" => line.next_element_sibling(),
        "ArrowUp" => line.previous_element_sibling(),
        _ => None,
    };
    let Some(next) = next else { return Ok(()) };
    // It would scroll the page.
    event.prevent_default();
    next.unchecked_into::<HtmlElement>().focus()
}
