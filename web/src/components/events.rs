//! Dispatches the events of the page to its actions. A single listener: each listener of Leptos would add hundreds of bytes to
//! the page.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Element, Event, HtmlTableRowElement, KeyboardEvent};

use super::{
    burst,
    burst_actions::BurstActions,
    connection::{self, ConnectionActions},
    copy,
    count_up_actions::CountUpActions,
    many::{self, ComparisonActions},
    render::schedule_render,
    streams, wire,
};
use crate::model::history::History;

/// Listens to clicks, keys, submits, hovers and focus changes.
pub fn listen(
    history: RwSignal<History>,
    burst: BurstActions,
    connection: ConnectionActions,
    comparison: ComparisonActions,
    count_up: CountUpActions,
) {
    let on_event = move |event: Event| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        match (event.type_().as_str(), target.id().as_str()) {
            ("submit", burst::FORM_ID) => {
                event.prevent_default();
                burst.start();
            }
            ("submit", streams::FORM) => {
                event.prevent_default();
                count_up.start();
            }
            ("submit", many::FORM) => {
                event.prevent_default();
                comparison.start();
            }
            ("click", burst::STOP) => burst.stop(),
            ("click", streams::STOP) => count_up.stop(),
            ("click", connection::REFRESH) => connection.refresh(),
            ("click", _) => {
                copy::copy(&target);
                select(history, target.closest(".rows [aria-selected]"));
            }
            ("keydown", _) => select(history, row_at_key(&event, &target)),
            ("pointerover" | "focusin", _) => wire::highlight(&target),
            _ => {}
        }
    };
    add_listener(Closure::new(on_event));
}

fn add_listener(on_event: Closure<dyn Fn(Event)>) {
    let on_event = on_event.into_js_value();
    for kind in ["click", "keydown", "submit", "pointerover", "focusin"] {
        let added = document().add_event_listener_with_callback(kind, on_event.unchecked_ref());
        added.expect("a document accepts listeners");
    }
}

/// Returns the row that a key selects: the arrows the next to the selected one, Enter the focused one.
fn row_at_key(event: &Event, target: &Element) -> Result<Option<Element>, JsValue> {
    wire::move_focus(event.unchecked_ref(), target)?;
    let Some(rows) = target.closest(".rows")? else { return Ok(None) };
    let Some(selected) = rows.query_selector("[aria-selected=true]")? else { return Ok(None) };
    let row = match event.unchecked_ref::<KeyboardEvent>().key().as_str() {
        "ArrowDown" => selected.next_element_sibling(),
        "ArrowUp" => selected.previous_element_sibling(),
        "Enter" => target.closest("[aria-selected]")?,
        _ => None,
    };
    // The default scrolls the rows.
    Ok(row.inspect(|_| event.prevent_default()))
}

fn select(history: RwSignal<History>, row: Result<Option<Element>, JsValue>) {
    // Every selector here is valid.
    let Ok(Some(row)) = row else { return };
    let row: HtmlTableRowElement = row.unchecked_into();
    history.update(|history| history.select(row.section_row_index() as usize));
    schedule_render(history);
    // Focus scrolls the row into view; it never fails for a row in the document.
    let _ = row.focus();
}
