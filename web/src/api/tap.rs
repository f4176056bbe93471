//! Retrieves the record of a call from `web/tap.js`.

use std::sync::atomic::{AtomicU32, Ordering};

use tonic::codegen::http::{HeaderMap, HeaderName, HeaderValue};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = takeExchange)]
    fn take_exchange(number: u32) -> String;
}

/// A call that is recorded.
pub(super) struct Tap(u32);

impl Tap {
    /// Marks the call with these headers; the mark is never sent.
    pub(super) fn attach(headers: &mut HeaderMap) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        headers.insert(HeaderName::from_static("increment-exchange"), HeaderValue::from(number));
        Self(number)
    }

    /// Returns the record for `model::wire`, after the call has ended.
    pub(super) fn take(self) -> String {
        take_exchange(self.0)
    }
}
