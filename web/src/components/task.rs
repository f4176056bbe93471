//! Futures that run until they are dropped, or only while the page is visible.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::Poll,
};

use leptos::{prelude::document, task::spawn_local};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::VisibilityState;

/// A future; dropping it cancels it.
pub type LocalBoxFuture = Pin<Box<dyn Future<Output = ()>>>;

/// A task that is cancelled when its future is taken.
pub type Task = Rc<RefCell<Option<LocalBoxFuture>>>;

/// Starts a task now and whenever the tab becomes visible; cancels it and calls `on_hidden` when the tab is hidden.
pub fn while_visible(start: impl Fn() -> LocalBoxFuture + 'static, on_hidden: impl Fn() + 'static) {
    let task = Task::default();
    let on_change = move || {
        let is_visible = document().visibility_state() != VisibilityState::Hidden;
        if is_visible == task.borrow().is_some() {
            return;
        }
        if is_visible {
            *task.borrow_mut() = Some(start());
            spawn_task(Rc::clone(&task));
        } else {
            task.take();
            on_hidden();
        }
    };
    on_change();
    let on_change = Closure::<dyn Fn()>::new(on_change).into_js_value();
    let added = document().add_event_listener_with_callback("visibilitychange", on_change.unchecked_ref());
    added.expect("a document accepts listeners");
}

/// Runs a future to its end.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    spawn_task(Rc::new(RefCell::new(Some(Box::pin(future)))));
}

/// Runs a task until it ends or is cancelled.
pub fn spawn_task(task: Task) {
    spawn_local(poll_fn(move |context| match task.borrow_mut().as_mut() {
        Some(future) => future.as_mut().poll(context),
        None => Poll::Ready(()),
    }));
}
