//! Runs the stream of values, one at a time, until it ends or the person stops it. Must not know the screen.

use std::{cell::RefCell, rc::Rc};

use super::{
    fields::number,
    streams::{INTERVAL, STEPS, draw, typed},
    task::{Running, run},
};
use crate::{
    api::{self, IdleTimer},
    state::{
        count_up::{Count, Order},
        number_input::Entry,
        overdue::silent_ms,
    },
};

/// Starts streams and stops them.
#[derive(Default)]
pub struct Counter {
    count: Rc<RefCell<Count>>,
    // Dropped, the stream is broken off.
    running: Rc<RefCell<Option<Running>>>,
}

impl Counter {
    /// Counts up as the fields say, in the place of a stream that runs.
    pub fn start(&self) {
        // Of the other two, the browser itself says what is wrong with them.
        let (Ok(steps), Ok(Some(interval_ms))) = (number(STEPS), number(INTERVAL)) else { return };
        let start = match Entry::parse(&typed()) {
            Ok(start) => start.number(|| 0.0),
            Err(refusal) => return self.change(|count| count.refuse(refusal)),
        };
        self.change(Count::begin);
        let order = Order { start, steps: steps.unwrap_or(0).into(), interval_ms };
        let count = Rc::clone(&self.count);
        *self.running.borrow_mut() = Some(Box::pin(async move {
            let idle = RefCell::new(notice_silence(&count, interval_ms));
            let take = |value| {
                idle.replace(notice_silence(&count, interval_ms));
                change(&count, |count| count.take(value));
            };
            let end = api::count_up(order, take).await;
            change(&count, |count| count.end(end));
        }));
        run(Rc::clone(&self.running));
    }

    /// Breaks the stream off.
    pub fn stop(&self) {
        self.running.take();
        self.change(Count::stop);
    }

    fn change(&self, how: impl FnOnce(&mut Count)) {
        change(&self.count, how);
    }
}

/// Tells when nothing has come for longer than a stream with this interval may be silent.
fn notice_silence(count: &Rc<RefCell<Count>>, interval_ms: u32) -> IdleTimer {
    let (count, after_ms) = (Rc::clone(count), silent_ms(interval_ms));
    IdleTimer::start(after_ms, move || change(&count, |count| count.fall_silent(after_ms)))
}

/// Changes what is known, and shows it.
fn change(count: &RefCell<Count>, how: impl FnOnce(&mut Count)) {
    how(&mut count.borrow_mut());
    draw(&count.borrow());
}
