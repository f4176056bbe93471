//! Notices that nothing comes. Must not know of what.

use js_sys::{Function, Promise};
use wasm_bindgen::{
    JsCast, JsValue,
    prelude::{Closure, wasm_bindgen},
};
use web_sys::Window;

#[wasm_bindgen]
extern "C" {
    // Not those of web_sys: its 32 bits hold no number of a timer of Playwright's clock.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, after_ms: u32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Calls something after a time, once, unless it is dropped before.
pub struct IdleTimer {
    timer: JsValue,
    // The browser calls it: it has to live until then.
    _on_idle: Closure<dyn Fn()>,
}

impl IdleTimer {
    /// Starts; `on_idle` is called after that many milliseconds.
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

/// Waits.
pub(super) async fn sleep(window: &Window, time_ms: u32) {
    let timer = Promise::new(&mut |wake, _| {
        let set = window.set_timeout_with_callback_and_timeout_and_arguments_0(&wake, time_ms as i32);
        set.expect("a function can be called later");
    });
    // A timer resolves; it has nothing to reject with.
    let _ = timer.await;
}
