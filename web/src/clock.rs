//! The browser's clock.

use leptos::prelude::window;

/// Returns the local time of day, such as `09:41:07`.
pub fn time_of_day() -> String {
    String::from(js_sys::Date::new_0().to_time_string().slice(0, 8))
}

/// Returns the monotonic time, in milliseconds.
pub fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
