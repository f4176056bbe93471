//! A signal that notifies its subscribers at most once a frame: a burst changes its value thousands of times a second.

use std::mem;

use leptos::prelude::*;

/// A value whose changes are rendered together, before the next frame. In a hidden tab, that is when it is visible again.
pub struct FrameSignal<T: 'static> {
    value: RwSignal<T>,
    is_scheduled: StoredValue<bool>,
}

impl<T: Send + Sync> FrameSignal<T> {
    /// Creates a signal.
    pub fn new(value: T) -> Self {
        Self { value: RwSignal::new(value), is_scheduled: StoredValue::new(false) }
    }

    /// Returns the signal to read; reading it subscribes to its changes.
    pub fn signal(self) -> ReadSignal<T> {
        self.value.read_only()
    }

    /// Changes the value and notifies the subscribers now: for what a person does. Returns what `change` returns.
    pub fn update_now<R>(self, change: impl FnOnce(&mut T) -> R) -> R {
        self.value.try_update(change).expect(ALIVE)
    }

    /// Changes the value now, and notifies the subscribers before the next frame. Returns what `change` returns.
    pub fn update<R>(self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = self.value.try_update_untracked(change);
        let was_scheduled = self.is_scheduled.try_update_value(|scheduled| mem::replace(scheduled, true));
        if was_scheduled == Some(false) {
            request_animation_frame(move || {
                self.is_scheduled.set_value(false);
                self.value.notify();
            });
        }
        result.expect(ALIVE)
    }
}

impl<T> Clone for FrameSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for FrameSignal<T> {}

/// Why a signal can be accessed.
const ALIVE: &str = "the signal is owned by the page, which lives as long as the tab";
