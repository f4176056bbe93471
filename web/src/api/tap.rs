//! Takes what `web/tap.js` noted of a call. Must not know what is in it.

use std::sync::atomic::{AtomicU32, Ordering};

use tonic::codegen::http::{HeaderMap, HeaderName, HeaderValue};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = takeExchange)]
    fn take_exchange(number: u32) -> String;
}

/// A call that is noted.
pub(super) struct Tap(u32);

impl Tap {
    /// Marks the call that these are the headers of; the mark never travels.
    pub(super) fn on(headers: &mut HeaderMap) -> Self {
        static MARKED: AtomicU32 = AtomicU32::new(1);
        let number = MARKED.fetch_add(1, Ordering::Relaxed);
        headers.insert(HeaderName::from_static("increment-exchange"), HeaderValue::from(number));
        Self(number)
    }

    /// The record, for `state::wire`, when the call has come to whatever end.
    pub(super) fn take(self) -> String {
        take_exchange(self.0)
    }
}
