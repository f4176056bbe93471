//! A request or a response: its start line, sizes and headers, its bytes, and their meanings.

use leptos::prelude::*;

use super::{byte_dump::ByteDump, byte_meanings::ByteMeanings, grouped::grouped};
use crate::model::wire::{Byte, Direction, Header, Meaning, Message, SHOWN};

/// The text in place of a meaning before one is highlighted.
const HELP: &str = "Point at a byte or select a line: both are highlighted, and the meaning appears here.";

/// The highlighted meaning: the message, and the index there.
pub type Highlight = RwSignal<Option<(Direction, usize)>>;

/// A request or a response.
#[component]
pub fn WireMessage(
    /// Which of the two messages it is.
    direction: Direction,
    /// What is shown.
    message: Message,
    /// Whether nobody has made this call.
    is_example: bool,
    /// The highlighted meaning, at most one in both messages.
    highlight: Highlight,
) -> impl IntoView {
    let (id, name, test_id) = match direction {
        Direction::Sent => ("sent", "Sent", "wire-request"),
        Direction::Received => ("received", "Received", "wire-response"),
    };
    let length = length(message.length, message.is_truncated);
    let body = (message.length > 0)
        .then(|| view! { <Body bytes=message.bytes meanings=message.meanings direction highlight /> });

    view! {
        <section
            class=id aria-labelledby=id
            data-testid=(!is_example).then_some(test_id) data-hex=(!is_example).then_some(message.hex)
        >
            <div>
                <h3 id=id>{name}</h3>
                <p><code>{message.start_line}</code>" · "{length}</p>
                {(!message.sizes.is_empty()).then(|| view! { <p>{sizes(&message.sizes)}</p> })}
                {message.note.map(|note| view! { <p class="note">{note}</p> })}
            </div>
            <Headers headers=message.headers direction />
            {body}
        </section>
    }
}

/// The bytes, their meanings, and above them the highlighted one.
#[component]
fn Body(
    bytes: Vec<Byte>,
    meanings: Vec<Meaning>,
    direction: Direction,
    highlight: Highlight,
) -> impl IntoView {
    let meanings = StoredValue::new(meanings);
    let highlighted = Memo::new(move |_| {
        highlight.get().filter(|&(highlighted, _)| highlighted == direction).map(|(_, index)| index)
    });
    let on_highlight = move |index| highlight.set(Some((direction, index)));
    let meaning = move || match highlighted.get() {
        Some(index) => meanings.read_value()[index].text.clone(),
        None => HELP.to_owned(),
    };
    view! {
        <p class="meaning">{meaning}</p>
        <div class="bytes">
            <ByteDump bytes meanings highlighted on_highlight />
            <ByteMeanings meanings highlighted on_highlight />
        </div>
    }
}

/// The headers, folded: few of them are gRPC's.
#[component]
fn Headers(headers: Vec<Header>, direction: Direction) -> impl IntoView {
    let line = |Header { name, value, status }| {
        let status = status.map(|status| format!(" ({status})"));
        view! { <p><b>{name}</b>": "{value}{status}</p> }
    };
    let note = (direction == Direction::Sent)
        .then(|| view! { <p>"The browser adds its own, such as host and user-agent."</p> });
    view! {
        <details>
            <summary>"Headers · "{headers.len()}</summary>
            <div class="headers">{headers.into_iter().map(line).collect_view()}</div>
            {note}
        </details>
    }
}

/// Returns the length of a body, such as `8 bytes`.
fn length(length: usize, is_truncated: bool) -> String {
    let unit = if length == 1 { "byte" } else { "bytes" };
    let rest = if is_truncated { " recorded, and more" } else { "" };
    let shown = if length > SHOWN { format!(" · the first {SHOWN} bytes are shown") } else { String::new() };
    format!("{} {unit}{rest}{shown}", grouped(length as u64))
}

/// Returns the sizes, such as `frame heads 5 · message 3`.
fn sizes(sizes: &[(&str, usize)]) -> String {
    let sizes: Vec<_> =
        sizes.iter().map(|&(name, size)| format!("{name} {}", grouped(size as u64))).collect();
    sizes.join(" · ")
}
