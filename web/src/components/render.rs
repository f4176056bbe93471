//! Renders the history at most once per frame: a burst changes it thousands of times a second.

use std::cell::Cell;

use leptos::prelude::*;

use super::{burst, plot, wire};
use crate::model::history::History;

thread_local! {
    static IS_SCHEDULED: Cell<bool> = const { Cell::new(false) };
}

/// Schedules a rendering before the next frame, unless one is scheduled; in a hidden tab, the frame comes when it is visible.
pub fn schedule_render(history: RwSignal<History>) {
    if !IS_SCHEDULED.replace(true) {
        request_animation_frame(move || {
            IS_SCHEDULED.set(false);
            history.notify();
            let history = history.read_untracked();
            plot::render(history.latencies());
            history.burst().into_iter().for_each(burst::render);
            wire::render(&history);
        });
    }
}
