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
