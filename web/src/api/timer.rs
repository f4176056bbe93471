//! Timers of the browser.

use js_sys::{Function, Promise};
use wasm_bindgen::{
    JsCast, JsValue,
    prelude::{Closure, wasm_bindgen},
};
use web_sys::Window;

#[wasm_bindgen]
extern "C" {
    // Those of web_sys have 32-bit ids, too small for those of Playwright's clock.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, after_ms: u32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Calls a closure once after a delay, unless dropped before.
pub struct IdleTimer {
    timer: JsValue,
    // Owned until the browser calls it.
    _on_idle: Closure<dyn Fn()>,
}

impl IdleTimer {
    /// Starts a timer that calls `on_idle` after `after_ms` milliseconds.
    pub fn start(after_ms: u32, on_idle: impl Fn() + 'static) -> Self {
        let on_idle = Closure::<dyn Fn()>::new(on_idle);
        let timer = set_timeout(on_idle.as_ref().unchecked_ref(), after_ms);
        Self { timer, _on_idle: on_idle }
    }
}

impl Drop for IdleTimer {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}

/// Waits for `time_ms` milliseconds.
pub(super) async fn sleep(window: &Window, time_ms: u32) {
    let timer = Promise::new(&mut |wake, _| {
        let set = window.set_timeout_with_callback_and_timeout_and_arguments_0(&wake, time_ms as i32);
        set.expect("a callback can be scheduled");
    });
    // The promise of a timer never rejects.
    let _ = timer.await;
}
