//! The wire section: the bytes of the selected call, and the highlighted span.

use std::cell::Cell;

use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::{
    copy,
    dom::{set_html, set_text},
};
use crate::model::{burst::BurstStatus, history::History, wire};

/// The section before the first call; elements that change have ids.
pub const FRAGMENT: &str = r#"<h2 id="wire">On the wire</h2>
<p id="wire-call">The bytes of each call appear here, sent and received, with the meaning of each: send a number, or select a row above.</p>
<div id="wire-bytes"></div>
<div class="copy"><h3>Copy as</h3>
<p>The same call from a shell in the project’s folder. All but curl and JavaScript need HTTP/2 end to end.</p>
<div role="group" aria-label="Copy as"><button class="second" value="0">curl</button><button class="second" value="1">grpcurl</button><button class="second" value="2">buf curl</button><button class="second" value="3">Python</button><button class="second" value="4">JavaScript</button><button class="second" value="5">Rust</button></div>
<p id="copied" role="status"></p>
<pre id="snippet" data-testid="snippet" tabindex="0" aria-label="The call to copy"></pre></div>"#;

thread_local! {
    static RENDERED: Cell<u64> = const { Cell::new(0) };
}

/// Renders the selected call once it has finished; until then the previous one is displayed. Skipped during a burst, which it
/// would slow down.
pub fn render(history: &History) {
    if history.burst().is_some_and(|burst| burst.status() == BurstStatus::Running) {
        return;
    }
    let Some(selected) = history.selected_call() else { return };
    if selected.outcome.is_some() && RENDERED.replace(selected.id) != selected.id {
        let title = ["The call of ", &selected.number.to_string(), " at ", &selected.sent_at, "."].concat();
        set_text("wire-call", &title);
        set_html("wire-bytes", &wire::html(&selected.exchange));
        copy::set_number(selected.number);
    }
}

/// Highlights the span and its explanation at a hovered or focused element.
pub fn highlight(target: &Element) {
    // A byte is in several spans, the innermost first.
    let Ok(Some(element)) = target.closest("[data-span]") else { return };
    let names = element.get_attribute("data-span").unwrap_or_default();
    let Some(name) = names.split(' ').next().filter(|name| !name.is_empty()) else { return };
    set_selected("#wire-bytes [aria-selected=true]", "false");
    let span = ["#wire-bytes [data-span~=", name, "]"].concat();
    set_selected(&span, "true");
    let entry = document().query_selector(&[&span, "[role=option] span"].concat());
    let meaning = entry.ok().flatten().and_then(|entry| entry.text_content());
    set_text(&["meaning-", name.get(..1).unwrap_or_default()].concat(), &meaning.unwrap_or_default());
}

fn set_selected(selector: &str, is_selected: &str) {
    // Every selector here is valid.
    let Ok(elements) = document().query_selector_all(selector) else { return };
    for index in 0..elements.length() {
        let Some(element) = elements.get(index) else { return };
        let _ = element.unchecked_into::<Element>().set_attribute("aria-selected", is_selected);
    }
}

/// Moves the focus from line to line of an explanation by the arrow keys.
pub fn move_focus(event: &KeyboardEvent, target: &Element) -> Result<(), JsValue> {
    let Some(line) = target.closest("[role=option]")? else { return Ok(()) };
    let next = match event.key().as_str() {
        "ArrowDown" => line.next_element_sibling(),
        "ArrowUp" => line.previous_element_sibling(),
        _ => None,
    };
    let Some(next) = next else { return Ok(()) };
    // The default scrolls the page.
    event.prevent_default();
    next.unchecked_into::<HtmlElement>().focus()
}
