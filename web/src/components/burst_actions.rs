//! The actions of the burst: a task for each call in flight, which makes one call after the other.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::*;

use super::{
    burst::{IN_FLIGHT, SIZE},
    clock::{now, time_of_day},
    fields::{self, number},
    render::schedule_render,
    task::{LocalBoxFuture, Task, spawn_task},
};
use crate::{
    api::{self, IdleTimer},
    model::{
        burst::{Burst, BurstStatus, MAX_IN_FLIGHT},
        deadline::Deadline,
        history::History,
        number_input::NumberInput,
        overdue::OVERDUE_MS,
    },
};

/// Starts and stops bursts, one at a time.
pub struct BurstActions {
    history: RwSignal<History>,
    tasks: Rc<RefCell<Vec<Task>>>,
}

impl BurstActions {
    /// Creates the actions; their effects are recorded in the history.
    pub fn new(history: RwSignal<History>) -> Self {
        Self { history, tasks: Rc::default() }
    }

    /// Starts a burst with the values of the fields, unless one is running.
    pub fn start(&self) {
        let (Ok(Some(size)), Ok(Some(in_flight)), Ok(deadline)) =
            (number(SIZE), number(IN_FLIGHT), fields::deadline())
        else {
            return;
        };
        if self.is_running() {
            return;
        }
        self.history.update_untracked(|history| history.start_burst(Burst::new(size, now())));
        schedule_render(self.history);
        let task = |_| {
            let future = Box::pin(make_calls(self.history, deadline)) as LocalBoxFuture;
            Rc::new(RefCell::new(Some(future)))
        };
        let tasks: Vec<Task> = (0..in_flight.clamp(1, MAX_IN_FLIGHT)).map(task).collect();
        // Each in a separate turn of the event loop, so that the browser can handle a click between two first calls.
        tasks.iter().cloned().for_each(|task| set_timeout(move || spawn_task(task), Duration::ZERO));
        self.tasks.replace(tasks);
    }

    /// Stops the burst and cancels the calls in flight.
    pub fn stop(&self) {
        if self.is_running() {
            self.tasks.take().iter().for_each(|task| drop(task.take()));
            self.history.update_untracked(|history| history.burst_mut().into_iter().for_each(Burst::stop));
            schedule_render(self.history);
        }
    }

    fn is_running(&self) -> bool {
        self.history.read_untracked().burst().is_some_and(|burst| burst.status() == BurstStatus::Running)
    }
}

/// Makes one call after the other while more may start.
async fn make_calls(history: RwSignal<History>, deadline: Option<Deadline>) {
    let start = || history.try_update_untracked(|history| history.burst_mut().is_some_and(Burst::start_call));
    while start() == Some(true) {
        let call = (NumberInput::Random.number(js_sys::Math::random), time_of_day());
        let idle = IdleTimer::start(OVERDUE_MS, move || {
            history.update_untracked(|history| history.burst_mut().into_iter().for_each(Burst::mark_overdue));
            schedule_render(history);
        });
        let (elapsed, outcome, exchange) = api::increment(call.0, deadline).await;
        drop(idle);
        history
            .update_untracked(|history| history.finish_burst_call(call, elapsed, outcome, exchange, now()));
        schedule_render(history);
    }
}
