//! On the wire: the bytes of a call, sent and received, with their meanings; and the same call with other tools.

use std::sync::Arc;

use leptos::{either::Either, prelude::*};

use super::{copy_as::CopyAs, wire_message::WireMessage};
use crate::model::{
    exchange::Exchange,
    history::Call,
    wire::{self, Direction, EXAMPLE_NUMBER},
};

/// The kinds of bytes in the legend: the name of each, and what it is.
const KINDS: [(&str, &str); 5] =
    [("flag", "flag"), ("length", "length"), ("tag", "field tag"), ("varint", "value"), ("trailer", "text")];

/// The bytes of a call; of an example before the first one.
#[component]
pub fn Wire(
    /// The call to explain; none before the first.
    call: Memo<Option<Arc<Call>>>,
) -> impl IntoView {
    let title = move || match call.read().as_ref() {
        Some(call) => format!("The call of {} at {}.", call.number, call.sent_at),
        None => format!("Example: the call of {EXAMPLE_NUMBER}. Send a number, and its bytes appear here."),
    };
    let messages = move || match call.read().as_ref().and_then(|call| call.finished.as_ref()) {
        Some(finished) => view! { <Messages exchange=finished.exchange.clone() is_example=false /> },
        None => view! { <Messages exchange=wire::example() is_example=true /> },
    };

    view! {
        <section id="wire" class="wire" aria-labelledby="wire-title">
            <h2 id="wire-title">"On the wire"</h2>
            <p class="intro">
                "Every byte of a call, and what it means. gRPC-Web puts a message into a frame: a byte of flags, four of "
                "length, then the message. There, protobuf writes a tag and a value for each field. The last frame of a "
                "response holds the trailers: the status of the call."
            </p>
            <ul class="kinds" aria-label="Kinds of bytes">
                {KINDS.map(|(kind, text)| view! { <li data-kind=kind>{text}</li> }).collect_view()}
            </ul>
            <p id="wire-call">{title}</p>
            <div class="call">
                {messages}
                <CopyAs call />
            </div>
        </section>
    }
}

/// The request and the response; one range of bytes is highlighted in both together.
#[component]
fn Messages(
    exchange: Exchange,
    /// Whether nobody has made this call.
    is_example: bool,
) -> impl IntoView {
    let highlight = RwSignal::new(None);
    let received = match wire::response(&exchange) {
        Some(message) => {
            Either::Left(view! { <WireMessage direction=Direction::Received message is_example highlight /> })
        }
        None => Either::Right(view! {
            <section class="received" aria-labelledby="received" data-testid="wire-response" data-hex="">
                <h3 id="received">"Received"</h3>
                <p>"No response: the server is unreachable, or the call was cancelled."</p>
            </section>
        }),
    };
    view! {
        <WireMessage direction=Direction::Sent message=wire::request(&exchange) is_example highlight />
        {received}
    }
}
