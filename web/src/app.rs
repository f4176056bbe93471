//! The page as a list of its parts. Its title is in `index.html`. Independent of the network.

use std::sync::Arc;

use leptos::{html::Input, prelude::*};

use crate::{
    calls::make_call,
    components::{
        accesses::Accesses, answer_card::AnswerCard, concurrency::Concurrency, connection::Connection,
        contents::Contents, exchanges::Exchanges, latency::Latency, number_field::number, send::Send,
        streams::Streams, wire::Wire,
    },
    frame_signal::FrameSignal,
    model::{
        deadline::Deadline,
        history::{Call, History},
    },
};

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let history = FrameSignal::new(History::default());
    let calls = history.signal();
    let deadline_field = NodeRef::<Input>::new();

    let call = Action::new_local(move |&(number, deadline): &(i64, Option<Deadline>)| {
        make_call(history, number, deadline)
    });
    let on_send = move |sent| {
        // The browser reports an invalid deadline.
        let Ok(deadline) = number(deadline_field) else { return };
        call.dispatch_local((sent, deadline.map(Deadline::from_ms)));
    };
    // A call stays until the next selected one has finished.
    let explained = Memo::new(move |shown: Option<&Option<Arc<Call>>>| {
        calls.read().explainable_call().cloned().or_else(|| shown?.clone())
    });

    view! {
        <Contents />
        <main>
            <section id="send" aria-label="Send">
                <Send in_flight=Signal::derive(move || calls.read().in_flight()) on_send />
                <AnswerCard
                    outcome=Signal::derive(move || calls.read().latest().cloned())
                    overdue=Signal::derive(move || calls.read().overdue())
                />
            </section>
            <Exchanges history />
            <Latency history deadline_field />
            <Wire call=explained />
            <Connection />
            <Concurrency />
            <Streams />
            <Accesses />
        </main>
    }
}
