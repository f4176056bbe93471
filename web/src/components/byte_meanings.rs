//! The meanings of the bytes: a line each, to select by pointer or arrow keys.

use leptos::{ev::KeyboardEvent, prelude::*, wasm_bindgen::JsCast};
use web_sys::HtmlElement;

use crate::model::wire::{Bits, Meaning};

/// The meanings of the bytes, as a list of which one line is selected.
#[component]
pub fn ByteMeanings(
    /// The meanings. One that contains others precedes them.
    meanings: StoredValue<Vec<Meaning>>,
    /// The index of the highlighted meaning.
    highlighted: Memo<Option<usize>>,
    /// Called with the index of the line that is focused or under the pointer.
    on_highlight: impl Fn(usize) + Copy + Send + 'static,
) -> impl IntoView {
    let line = |(index, meaning): (usize, &Meaning)| {
        let is_selected = move || highlighted.get() == Some(index);
        view! { <Line meaning=meaning.clone() is_first=index == 0 is_selected on_select=move || on_highlight(index) /> }
    };
    let lines = meanings.read_value().iter().enumerate().map(line).collect_view();
    (!lines.is_empty()).then(|| {
        view! {
            <div role="listbox" aria-label="Meaning of the bytes" on:keydown=move_focus>{lines}</div>
        }
    })
}

/// A meaning: the bytes, the text, and the bits.
#[component]
fn Line(
    meaning: Meaning,
    /// Whether the line is reached by the Tab key; the others are by the arrow keys.
    is_first: bool,
    is_selected: impl Fn() -> bool + Send + 'static,
    on_select: impl Fn() + Copy + Send + 'static,
) -> impl IntoView {
    let group = |Bits { binary, role }| view! { <small><code>{binary}</code>" "{role}</small> };
    view! {
        <div
            role="option" tabindex=if is_first { "0" } else { "-1" } aria-selected=move || is_selected().to_string()
            data-kind=meaning.kind data-depth=meaning.depth
            on:pointerover=move |_| on_select() on:focus=move |_| on_select()
        >
            <code>{meaning.hex}</code>
            <span>{meaning.text}</span>
            {(!meaning.bits.is_empty()).then(|| view! { <div>{meaning.bits.into_iter().map(group).collect_view()}</div> })}
        </div>
    }
}

/// Moves the focus from line to line.
fn move_focus(event: KeyboardEvent) {
    let line: HtmlElement = event_target(&event);
    let list = line.parent_element();
    let next = match event.key().as_str() {
        "ArrowDown" => line.next_element_sibling(),
        "ArrowUp" => line.previous_element_sibling(),
        "Home" => list.and_then(|list| list.first_element_child()),
        "End" => list.and_then(|list| list.last_element_child()),
        _ => return,
    };
    // The default scrolls the page.
    event.prevent_default();
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        // Focus never fails for a line in the document.
        let _ = next.focus();
    }
}
