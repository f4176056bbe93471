//! What the browser knows apart from any call.

use web_sys::Window;

use super::status::Surroundings;
use crate::state::base_url::base_url;

/// What the browser knows just now.
pub(super) fn surroundings(window: &Window) -> Surroundings {
    Surroundings {
        online: window.navigator().on_line(),
        secure: window.location().protocol().is_ok_and(|protocol| protocol == "https:"),
    }
}

/// Where the page came from, and its calls go: see [`base_url`].
pub fn own_base(window: &Window) -> String {
    let location = window.location();
    let origin = location.origin().expect("a page that could be loaded has an origin");
    base_url(origin, &location.pathname().unwrap_or_default())
}
