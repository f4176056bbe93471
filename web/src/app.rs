//! The page as Leptos components, from top to bottom: steps 1, 2 and 9 of the path of a click. Its static content is in
//! `index.html`. Independent of the network.

use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::JsCast;

use crate::components::accesses::Accesses;
use crate::components::answer_card::AnswerCard;
use crate::components::burst_actions::BurstActions;
use crate::components::call_history::CallHistory;
use crate::components::clock::time_of_day;
use crate::components::connection::ConnectionActions;
use crate::components::count_up_actions::CountUpActions;
use crate::components::many::ComparisonActions;
use crate::components::render::schedule_render;
use crate::components::send::Send;
use crate::components::task::{spawn, while_visible};
use crate::components::{connection, events, fields, many, streams, wire};
use crate::{
    api::{self, IdleTimer},
    model::{
        accesses::{AccessCounts, FeedStatus},
        history::History,
        overdue::OVERDUE_MS,
    },
};

/// Mounts the page into its element in `index.html`.
pub fn mount() {
    let root = document().get_element_by_id("page").expect("index.html has an element with the id `page`");
    root.set_inner_html("");
    mount_to(root.unchecked_into(), Page).forget();
}

/// The page: the form, the answer, the history, the bytes, the connection, the streams and the access counts.
#[component]
fn Page() -> impl IntoView {
    let history = RwSignal::new(History::default());
    let send = move |number| {
        let Ok(deadline) = fields::deadline() else { return };
        let id = history.try_update(|history| history.start_call(number, time_of_day()));
        let id = id.expect("the page lives as long as the tab");
        // An `Action` would add two kilobytes to the page.
        spawn(async move {
            let idle =
                IdleTimer::start(OVERDUE_MS, move || history.update(|history| history.mark_overdue(id)));
            let (elapsed, outcome, exchange) = api::increment(number, deadline).await;
            drop(idle);
            history.update_untracked(|history| history.finish_call(id, elapsed, outcome, exchange));
            schedule_render(history);
        });
    };
    let connection = ConnectionActions::default();
    let (comparison, count_up) = (ComparisonActions::default(), CountUpActions::default());
    events::listen(history, BurstActions::new(history), connection.clone(), comparison, count_up);
    let counts = RwSignal::new(AccessCounts::default());
    let on_event = move |event| counts.update(|counts| counts.update(event));
    // Both start after this function has returned and the page is mounted.
    while_visible(move || Box::pin(api::watch_accesses(on_event)), move || on_event(Err(FeedStatus::Paused)));
    connection.refresh();
    request_animation_frame(many::fill_default_address);
    // One closure renders each section when the history changes, and Leptos updates only the differences: many small signals,
    // or keyed rows, would add several kilobytes to the page.
    view! {
        <Send history on_send=send />
        <AnswerCard history />
        <CallHistory history />
        {fragment("wire", wire::FRAGMENT)}
        {fragment("connection", connection::FRAGMENT)}
        {fragment("many", many::FRAGMENT)}
        {fragment("streams", streams::FRAGMENT)}
        <Accesses counts />
    }
}

/// A section that is changed by ids: as views, these would add several kilobytes each to the page.
fn fragment(name: &'static str, html: &'static str) -> impl IntoView {
    view! { <section class=name aria-labelledby=name inner_html=html></section> }
}
