//! Retrieves the exchange of a call from `web/fetch.js`.

use std::sync::atomic::{AtomicU32, Ordering};

use tonic::metadata::{MetadataMap, MetadataValue};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::model::exchange::{Exchange, HttpMessage};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = takeExchange)]
    fn take_exchange(id: u32) -> Option<JsExchange>;

    type JsExchange;
    #[wasm_bindgen(method, getter)]
    fn request(this: &JsExchange) -> JsHttpMessage;
    #[wasm_bindgen(method, getter)]
    fn response(this: &JsExchange) -> Option<JsHttpMessage>;
    #[wasm_bindgen(method, getter, js_name = isComplete)]
    fn is_complete(this: &JsExchange) -> bool;

    type JsHttpMessage;
    #[wasm_bindgen(method, getter, js_name = startLine)]
    fn start_line(this: &JsHttpMessage) -> String;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &JsHttpMessage) -> Vec<JsHeader>;
    #[wasm_bindgen(method, getter)]
    fn body(this: &JsHttpMessage) -> Vec<u8>;
    #[wasm_bindgen(method, getter, js_name = isTruncated)]
    fn is_truncated(this: &JsHttpMessage) -> bool;

    /// An array of the name and the value.
    type JsHeader;
    #[wasm_bindgen(method, indexing_getter)]
    fn get(this: &JsHeader, index: u32) -> String;
}

/// A call that is recorded.
pub(super) struct Tap(u32);

impl Tap {
    /// Marks the call with this metadata; the mark is never sent.
    pub(super) fn attach(metadata: &mut MetadataMap) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        metadata.insert("increment-exchange", MetadataValue::from(id));
        Self(id)
    }

    /// Returns the exchange after the call has ended; an empty one where more recent calls have evicted it.
    pub(super) fn take(self) -> Exchange {
        take_exchange(self.0).as_ref().map(exchange).unwrap_or_default()
    }
}

fn exchange(recorded: &JsExchange) -> Exchange {
    Exchange {
        request: http_message(&recorded.request()),
        response: recorded.response().as_ref().map(http_message),
        is_complete: recorded.is_complete(),
    }
}

fn http_message(recorded: &JsHttpMessage) -> HttpMessage {
    HttpMessage {
        start_line: recorded.start_line(),
        headers: recorded.headers().iter().map(|header| (header.get(0), header.get(1))).collect(),
        body: recorded.body(),
        is_truncated: recorded.is_truncated(),
    }
}
