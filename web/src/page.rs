//! The page as Leptos components, from top to bottom: steps 1, 2 and 9 of a click's way. What is on it
//! before the first click stands in `index.html`. Must not know the network.

pub mod accesses;
pub mod answer;
pub mod exchanges;
pub mod send;
pub mod visible;

use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    api,
    state::{
        accesses::{Known, Silence},
        history::History,
    },
};
use accesses::Accesses;
use answer::Stage;
use exchanges::Exchanges;
use send::Send;
use visible::while_visible;

/// Puts the page's living part into its place in `index.html`.
pub fn mount() {
    let place = document().get_element_by_id("page").expect("index.html has an element with the id `page`");
    place.set_inner_html("");
    mount_to(place.unchecked_into(), Page).forget();
}

/// The living part: the field and the button, the answer, the exchanges, everybody's calls.
#[component]
fn Page() -> impl IntoView {
    let history = RwSignal::new(History::default());
    let call = Action::new_local(move |&(id, number): &(u64, i64)| async move {
        let outcome = api::increment(number).await;
        history.update(|history| history.settle(id, outcome));
    });
    let send = move |number| {
        let id = history.try_update(|history| history.send(number, time_of_day()));
        call.dispatch_local((id.expect("the page lives as long as the tab"), number));
    };
    let known = RwSignal::new(Known::default());
    let hear = move |news| known.update(|known| known.hear(news));
    // It begins when this function has ended and the page is there.
    while_visible(move || Box::pin(api::watch_accesses(hear)), move || hear(Err(Silence::Hidden)));
    // One closure draws each part anew when the history changes, and Leptos touches only what differs: many
    // small signals, or keyed rows, would cost the page several kilobytes.
    view! {
        <Send history on_send=send />
        <Stage history />
        <Exchanges history />
        <Accesses known />
    }
}

/// The time on the person's clock, as `09:41:07`.
fn time_of_day() -> String {
    let now = js_sys::Date::new_0();
    String::from(now.to_time_string().slice(0, 8))
}
