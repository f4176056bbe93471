//! Draws no more often than the screen does: a burst changes the history thousands of times a second.

use std::cell::Cell;

use leptos::prelude::*;

use super::{burst, plot, wire};
use crate::state::history::History;

thread_local! {
    static IS_ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Draws what has changed before the next frame, once, however often that is asked for; in a hidden tab, when
/// it comes into view.
pub fn redraw(history: RwSignal<History>) {
    if !IS_ASKED.replace(true) {
        request_animation_frame(move || {
            IS_ASKED.set(false);
            history.notify();
            let history = history.read_untracked();
            plot::draw(history.latencies());
            history.burst().into_iter().for_each(burst::draw);
            wire::draw(&history);
        });
    }
}

/// Replaces what is in an element that is there from the start.
pub(super) fn put_html(id: &str, html: &str) {
    document().get_element_by_id(id).into_iter().for_each(|element| element.set_inner_html(html));
}

/// Sets an attribute of an element that is there from the start; without a name, its text.
///
/// As Leptos views, the plot and the burst would cost the page some 3 kilobytes.
pub(super) fn put(id: &str, name: &str, value: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    if name.is_empty() {
        element.set_text_content(Some(value));
    } else {
        // It fails for names only that are none.
        let _ = element.set_attribute(name, value);
    }
}
