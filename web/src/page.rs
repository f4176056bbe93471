//! The page as Leptos components, from top to bottom: steps 1, 2 and 9 of a click's way. What is on it
//! before the first click stands in `index.html`. Must not know the network.

pub mod accesses;
pub mod answer_card;
pub mod burst;
pub mod burst_actions;
pub mod call_history;
pub mod clock;
pub mod connection;
pub mod copy;
pub mod count_up_actions;
pub mod dom;
pub mod events;
pub mod fields;
pub mod many;
pub mod plot;
pub mod render;
pub mod send;
pub mod streams;
pub mod task;
pub mod wire;

use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    api::{self, IdleTimer},
    state::{
        accesses::{Known, Silence},
        history::History,
        overdue::SILENT_MS,
    },
};
use accesses::Accesses;
use answer_card::Stage;
use burst_actions::Runner;
use call_history::Exchanges;
use clock::time_of_day;
use connection::Looker;
use count_up_actions::Counter;
use many::Comparer;
use render::redraw;
use send::Send;
use task::{spawn, while_visible};

/// Puts the page's living part into its place in `index.html`.
pub fn mount() {
    let place = document().get_element_by_id("page").expect("index.html has an element with the id `page`");
    place.set_inner_html("");
    mount_to(place.unchecked_into(), Page).forget();
}

/// The living part: the field and the button, the answer, the exchanges, their bytes, the connection, a stream, everybody's calls.
#[component]
fn Page() -> impl IntoView {
    let history = RwSignal::new(History::default());
    let send = move |number| {
        let Ok(deadline) = fields::read() else { return };
        let id = history.try_update(|history| history.send(number, time_of_day()));
        let id = id.expect("the page lives as long as the tab");
        // Not by an `Action`, which would cost the page two kilobytes.
        spawn(async move {
            let idle = IdleTimer::start(SILENT_MS, move || history.update(|history| history.miss(id)));
            let (took, outcome, record) = api::increment(number, deadline).await;
            drop(idle);
            history.update_untracked(|history| history.settle(id, took, outcome, record));
            redraw(history);
        });
    };
    let looker = Looker::default();
    events::listen(history, Runner::new(history), looker.clone(), Comparer::default(), Counter::default());
    let known = RwSignal::new(Known::default());
    let hear = move |news| known.update(|known| known.hear(news));
    // Both begin when this function has ended and the page is there.
    while_visible(move || Box::pin(api::watch_accesses(hear)), move || hear(Err(Silence::Hidden)));
    looker.look();
    request_animation_frame(many::suggest);
    // One closure draws each part anew when the history changes, and Leptos touches only what differs: many
    // small signals, or keyed rows, would cost the page several kilobytes.
    view! {
        <Send history on_send=send />
        <Stage history />
        <Exchanges history />
        {part("wire", wire::PART)}
        {part("connection", connection::PART)}
        {part("many", many::PART)}
        {part("streams", streams::PART)}
        <Accesses known />
    }
}

/// A part of the page that is drawn into by ids: as views, these would cost the page several kilobytes each.
fn part(name: &'static str, html: &'static str) -> impl IntoView {
    view! { <section class=name aria-labelledby=name inner_html=html></section> }
}
