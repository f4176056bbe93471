//! Numbers with the reader's digit grouping, such as `1,367` or `1 367`.

use js_sys::BigInt;
use wasm_bindgen::JsValue;

/// Formats a number as is usual in the language of the browser.
pub fn grouped(number: u64) -> String {
    BigInt::from(number).to_locale_string(&JsValue::UNDEFINED, &JsValue::UNDEFINED).into()
}
