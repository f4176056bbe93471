//! The browser's state, independent of any call.

use web_sys::Window;

use super::status::PageContext;
use crate::model::base_url::base_url;

/// Returns the current state of the browser.
pub(super) fn page_context(window: &Window) -> PageContext {
    PageContext {
        online: window.navigator().on_line(),
        secure: window.location().protocol().is_ok_and(|protocol| protocol == "https:"),
    }
}

/// Returns the base URL of the page and its calls: see [`base_url`].
pub fn own_base_url(window: &Window) -> String {
    let location = window.location();
    let origin = location.origin().expect("a loaded page has an origin");
    base_url(origin, &location.pathname().unwrap_or_default())
}
