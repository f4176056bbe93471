//! Copies the selected call as a command of another tool.

use std::cell::Cell;

use js_sys::Promise;
use leptos::{prelude::window, task::spawn_local};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::Element;

use super::dom::set_text;
use crate::{api, model::snippets::snippet};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "clipboard"], js_name = writeText, catch)]
    fn write_text(text: &str) -> Result<Promise, JsValue>;
}

thread_local! {
    static NUMBER: Cell<i64> = const { Cell::new(0) };
}

/// Displays the snippet of the clicked button and copies it, if the browser allows it.
pub fn copy(target: &Element) {
    let Ok(Some(button)) = target.closest(".copy button") else { return };
    let Some(tool) = button.get_attribute("value").and_then(|tool| tool.parse().ok()) else { return };
    let text = snippet(tool, NUMBER.get(), &api::own_base_url(&window()));
    set_text("snippet", &text);
    spawn_local(async move {
        let is_copied = match write_text(&text) {
            Ok(promise) => promise.await.is_ok(),
            Err(_) => false,
        };
        set_text("copied", if is_copied { "Copied" } else { "Select it and copy" });
    });
}

/// Sets the number of the call, and clears the snippet of the previous one.
pub fn set_number(number: i64) {
    NUMBER.set(number);
    set_text("snippet", "");
    set_text("copied", "");
}
