//! Runs something only while a person can see the page. Must not know what it is.

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

/// Whatever is running; dropped, it is broken off.
pub(super) type Running = Pin<Box<dyn Future<Output = ()>>>;

/// Starts it now and whenever the tab comes into view; breaks it off when the tab is hidden, and says so.
pub fn while_visible(start: impl Fn() -> Running + 'static, on_hidden: impl Fn() + 'static) {
    let running = Rc::new(RefCell::new(None));
    let look = move || {
        let is_visible = document().visibility_state() != VisibilityState::Hidden;
        if is_visible == running.borrow().is_some() {
            return;
        }
        if is_visible {
            *running.borrow_mut() = Some(start());
            run(Rc::clone(&running));
        } else {
            running.take();
            on_hidden();
        }
    };
    look();
    let look = Closure::<dyn Fn()>::new(look).into_js_value();
    let listening = document().add_event_listener_with_callback("visibilitychange", look.unchecked_ref());
    listening.expect("a document takes listeners");
}

/// Lets it go on until it ends.
pub(super) fn spawn(task: impl Future<Output = ()> + 'static) {
    run(Rc::new(RefCell::new(Some(Box::pin(task)))));
}

/// Lets it go on for as long as it is there.
pub(super) fn run(running: Rc<RefCell<Option<Running>>>) {
    spawn_local(poll_fn(move |context| match running.borrow_mut().as_mut() {
        Some(running) => running.as_mut().poll(context),
        None => Poll::Ready(()),
    }));
}
