//! The page: the form, the answer, the history and the burst.

use leptos::{mount::mount_to, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    answer_card::AnswerCard,
    burst::Burst,
    call_history::CallHistory,
    increment::{Call, Failure, increment},
    send::Send,
};

/// The number of rows that the history keeps.
const CAPACITY: usize = 50;

/// Mounts the page into its element in `index.html`.
pub(crate) fn mount() {
    let page = document().get_element_by_id("page").expect("index.html has an element with the id `page`");
    mount_to(page.unchecked_into(), App).forget();
}

#[component]
fn App() -> impl IntoView {
    let outcome = RwSignal::new(None::<Result<Call, Failure>>);
    let calls = RwSignal::new(Vec::new());
    let send = Action::new_local(move |number| {
        let number: i64 = *number;
        async move {
            let result = increment(number).await;
            if let Ok(call) = &result {
                calls.update(|calls| prepend(calls, call.clone()));
            }
            outcome.set(Some(result));
        }
    });
    view! {
        <Send on_send=move |number| { send.dispatch(number); } />
        <AnswerCard outcome />
        <CallHistory calls />
        <Burst />
    }
}

/// Numbers the call, which is the key of its row.
fn prepend(calls: &mut Vec<(u32, Call)>, call: Call) {
    let id = calls.first().map_or(1, |(newest, _)| newest + 1);
    calls.truncate(CAPACITY - 1);
    calls.insert(0, (id, call));
}
