//! The browser's state, independent of any call.

use web_sys::{Performance, Window};

use super::status::PageContext;
use crate::model::base_url::base_url;

/// Returns the window of the page.
pub(super) fn window() -> Window {
    web_sys::window().expect("a page runs in a window")
}

/// Returns the browser's clock and its timings of requests.
pub(super) fn performance() -> Performance {
    window().performance().expect("every browser with WebAssembly has a clock")
}

/// Returns the current state of the browser.
pub(super) fn page_context() -> PageContext {
    let window = window();
    PageContext {
        online: window.navigator().on_line(),
        secure: window.location().protocol().is_ok_and(|protocol| protocol == "https:"),
    }
}

/// Returns the base URL of the page and its calls: see [`base_url`].
pub fn own_base_url() -> String {
    let location = window().location();
    let origin = location.origin().expect("a loaded page has an origin");
    base_url(origin, &location.pathname().unwrap_or_default())
}
