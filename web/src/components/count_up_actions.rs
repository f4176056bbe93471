//! The actions of the count-up stream.

use std::{cell::RefCell, rc::Rc};

use super::{
    fields::number,
    streams::{INTERVAL, STEPS, render, start_text},
    task::{Task, spawn_task},
};
use crate::{
    api::{self, IdleTimer},
    model::{
        count_up::{CountUp, CountUpOptions},
        number_input::NumberInput,
        overdue::overdue_ms,
    },
};

/// Starts and stops streams, one at a time.
#[derive(Default)]
pub struct CountUpActions {
    count_up: Rc<RefCell<CountUp>>,
    task: Task,
}

impl CountUpActions {
    /// Starts a stream with the values of the fields; cancels a running one.
    pub fn start(&self) {
        // The browser reports invalid steps and intervals.
        let (Ok(steps), Ok(Some(interval_ms))) = (number(STEPS), number(INTERVAL)) else { return };
        let start = match NumberInput::parse(&start_text()) {
            Ok(start) => start.number(|| 0.0),
            Err(error) => return self.change(|count_up| count_up.reject(error)),
        };
        self.change(CountUp::start);
        let options = CountUpOptions { start, steps: steps.unwrap_or(0).into(), interval_ms };
        let count_up = Rc::clone(&self.count_up);
        *self.task.borrow_mut() = Some(Box::pin(async move {
            let idle = RefCell::new(overdue_timer(&count_up, interval_ms));
            let on_value = |value| {
                idle.replace(overdue_timer(&count_up, interval_ms));
                change(&count_up, |count_up| count_up.push(value));
            };
            let outcome = api::count_up(options, on_value).await;
            change(&count_up, |count_up| count_up.finish(outcome));
        }));
        spawn_task(Rc::clone(&self.task));
    }

    /// Cancels the stream.
    pub fn stop(&self) {
        self.task.take();
        self.change(CountUp::stop);
    }

    fn change(&self, change: impl FnOnce(&mut CountUp)) {
        self::change(&self.count_up, change);
    }
}

/// Starts a timer that reports an overdue value of a stream with this interval.
fn overdue_timer(count_up: &Rc<RefCell<CountUp>>, interval_ms: u32) -> IdleTimer {
    let (count_up, after_ms) = (Rc::clone(count_up), overdue_ms(interval_ms));
    IdleTimer::start(after_ms, move || change(&count_up, |count_up| count_up.mark_overdue(after_ms)))
}

/// Changes the state and renders it.
fn change(count_up: &RefCell<CountUp>, change: impl FnOnce(&mut CountUp)) {
    change(&mut count_up.borrow_mut());
    render(&count_up.borrow());
}
