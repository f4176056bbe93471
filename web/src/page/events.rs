//! What a hand does to the history and the burst: chooses a row, starts, stops, points at bytes. One listener for all of it,
//! for each one of Leptos' would cost the page hundreds of bytes.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{Element, Event, HtmlTableRowElement, KeyboardEvent};

use super::{
    burst,
    burst_actions::Runner,
    connection::{self, Looker},
    copy,
    count_up_actions::Counter,
    many::{self, Comparer},
    render::redraw,
    streams, wire,
};
use crate::state::history::History;

/// Hears clicks, keys and what is submitted, for as long as the page is there.
pub fn listen(
    history: RwSignal<History>,
    runner: Runner,
    looker: Looker,
    comparer: Comparer,
    counter: Counter,
) {
    let hear = move |event: Event| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        match (event.type_().as_str(), target.id().as_str()) {
            ("submit", burst::FORM_ID) => {
                event.prevent_default();
                runner.start();
            }
            ("submit", streams::FORM) => {
                event.prevent_default();
                counter.start();
            }
            ("submit", many::FORM) => {
                event.prevent_default();
                comparer.start();
            }
            ("click", burst::STOP) => runner.stop(),
            ("click", streams::STOP) => counter.stop(),
            ("click", connection::AGAIN) => looker.look(),
            ("click", _) => {
                copy::copy(&target);
                choose(history, target.closest(".rows [aria-selected]"));
            }
            ("keydown", _) => choose(history, step(&event, &target)),
            ("pointerover" | "focusin", _) => wire::mark(&target),
            _ => {}
        }
    };
    let hear = Closure::<dyn Fn(Event)>::new(hear).into_js_value();
    for kind in ["click", "keydown", "submit", "pointerover", "focusin"] {
        let listening = document().add_event_listener_with_callback(kind, hear.unchecked_ref());
        listening.expect("a document takes listeners");
    }
}

/// The row that a key leads to where the focus is in the rows: the arrows from the chosen one, Enter to the focused.
fn step(event: &Event, target: &Element) -> Result<Option<Element>, JsValue> {
    wire::step(event.unchecked_ref(), target)?;
    let Some(rows) = target.closest(".rows")? else { return Ok(None) };
    let Some(chosen) = rows.query_selector("[aria-selected=true]")? else { return Ok(None) };
    let row = match event.unchecked_ref::<KeyboardEvent>().key().as_str() {
        "ArrowDown" => chosen.next_element_sibling(),
        "ArrowUp" => chosen.previous_element_sibling(),
        "Enter" => target.closest("[aria-selected]")?,
        _ => None,
    };
    // It would scroll the rows.
    Ok(row.inspect(|_| event.prevent_default()))
}

fn choose(history: RwSignal<History>, row: Result<Option<Element>, JsValue>) {
    // No selector here is a wrong one.
    let Ok(Some(row)) = row else { return };
    let row: HtmlTableRowElement = row.unchecked_into();
    history.update(|history| history.choose(row.section_row_index() as usize));
    redraw(history);
    // It scrolls into view; a row that is on the page can be focused.
    let _ = row.focus();
}
