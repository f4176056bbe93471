//! Runs a burst: as many tasks as calls may be under way at once, each making one call after the other. Must
//! not know the screen.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::*;

use super::{
    burst::{AT_ONCE, SIZE},
    clock::{now, time_of_day},
    fields::{self, number},
    render::redraw,
    task::{Running, run},
};
use crate::{
    api::{self, IdleTimer},
    state::{
        burst::{Burst, MOST_AT_ONCE, Stage},
        deadline::Deadline,
        history::History,
        number_input::Entry,
        overdue::SILENT_MS,
    },
};

/// One of the tasks of a burst; dropped, its call is broken off.
type Task = Rc<RefCell<Option<Running>>>;

/// Starts bursts and stops them, one at a time.
pub struct Runner {
    history: RwSignal<History>,
    tasks: Rc<RefCell<Vec<Task>>>,
}

impl Runner {
    /// Notes what happens in the history, and then asks for it to be drawn.
    pub fn new(history: RwSignal<History>) -> Self {
        Self { history, tasks: Rc::default() }
    }

    /// Starts a burst as the fields say, where none is running.
    pub fn start(&self) {
        let (Ok(Some(size)), Ok(Some(at_once)), Ok(deadline)) =
            (number(SIZE), number(AT_ONCE), fields::read())
        else {
            return;
        };
        if self.is_running() {
            return;
        }
        self.history.update_untracked(|history| history.begin(Burst::new(size, now())));
        redraw(self.history);
        let task = |_| Rc::new(RefCell::new(Some(Box::pin(make_calls(self.history, deadline)) as Running)));
        let tasks: Vec<Task> = (0..at_once.clamp(1, MOST_AT_ONCE)).map(task).collect();
        // Each in a turn of its own, so that the browser can take a click between the first calls of two of them.
        tasks.iter().cloned().for_each(|task| set_timeout(move || run(task), Duration::ZERO));
        self.tasks.replace(tasks);
    }

    /// Breaks off what is under way.
    pub fn stop(&self) {
        if self.is_running() {
            self.tasks.take().iter().for_each(|task| drop(task.take()));
            self.history.update_untracked(|history| history.burst_mut().into_iter().for_each(Burst::stop));
            redraw(self.history);
        }
    }

    fn is_running(&self) -> bool {
        self.history.read_untracked().burst().is_some_and(|burst| burst.stage() == Stage::Running)
    }
}

/// Makes one call after the other for as long as there are some left.
async fn make_calls(history: RwSignal<History>, deadline: Option<Deadline>) {
    let leave = || history.try_update_untracked(|history| history.burst_mut().is_some_and(Burst::leave));
    while leave() == Some(true) {
        let call = (Entry::Random.number(js_sys::Math::random), time_of_day());
        let idle = IdleTimer::start(SILENT_MS, move || {
            history.update_untracked(|history| history.burst_mut().into_iter().for_each(Burst::miss));
            redraw(history);
        });
        let (took, outcome, record) = api::increment(call.0, deadline).await;
        drop(idle);
        history.update_untracked(|history| history.settle_in_burst(call, took, outcome, record, now()));
        redraw(history);
    }
}
