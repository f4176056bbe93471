//! Copies the chosen exchange's call, as another tool makes it. Must not know what the tools are.

use std::cell::Cell;

use js_sys::Promise;
use leptos::{prelude::window, task::spawn_local};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::Element;

use super::dom::put;
use crate::{api, state::snippets::snippet};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "clipboard"], js_name = writeText, catch)]
    fn write_text(text: &str) -> Result<Promise, JsValue>;
}

thread_local! {
    static NUMBER: Cell<i64> = const { Cell::new(0) };
}

/// Shows the snippet of the button that was pressed, and copies it, where the browser lets us.
pub fn copy(pressed: &Element) {
    let Ok(Some(button)) = pressed.closest(".copy button") else { return };
    let Some(tool) = button.get_attribute("value").and_then(|tool| tool.parse().ok()) else { return };
    let text = snippet(tool, NUMBER.get(), &api::own_base(&window()));
    put("snippet", "", &text);
    spawn_local(async move {
        let is_copied = match write_text(&text) {
            Ok(copying) => copying.await.is_ok(),
            Err(_) => false,
        };
        put("copied", "", if is_copied { "Copied" } else { "Select it and copy" });
    });
}

/// From now on it is the call of this number; what belongs to another one is taken away.
pub(super) fn choose(number: i64) {
    NUMBER.set(number);
    put("snippet", "", "");
    put("copied", "", "");
}
