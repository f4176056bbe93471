//! The bytes of a body, eight in a row: in hexadecimal, and as text.

use leptos::prelude::*;

use crate::model::wire::{Byte, Meaning};

/// The bytes of a body. Screen readers are given their meanings instead.
#[component]
pub fn ByteDump(
    /// The bytes.
    bytes: Vec<Byte>,
    /// The meanings, to highlight the whole range of one.
    meanings: StoredValue<Vec<Meaning>>,
    /// The index of the highlighted meaning.
    highlighted: Memo<Option<usize>>,
    /// Called with the index of the meaning of the byte under the pointer.
    on_highlight: impl Fn(usize) + Copy + Send + 'static,
) -> impl IntoView {
    let range = Memo::new(move |_| {
        highlighted.get().map(|index| meanings.read_value()[index].range.clone()).unwrap_or_default()
    });
    let row = move |(row, bytes): (usize, &[Byte])| {
        let cells = |column, byte: &Byte| {
            let (byte, offset) = (*byte, row * 8 + column);
            let is_selected = move || range.read().contains(&offset).then_some("true");
            let on_pointerover = move |_| byte.meaning.into_iter().for_each(on_highlight);
            (byte, is_selected, on_pointerover)
        };
        let hex = bytes.iter().enumerate().map(|(column, byte)| {
            let (byte, is_selected, on_pointerover) = cells(column, byte);
            view! {
                <b data-kind=byte.kind data-end=byte.is_last aria-selected=is_selected on:pointerover=on_pointerover>
                    {byte.hex()}
                </b>
            }
        });
        let text = bytes.iter().enumerate().map(|(column, byte)| {
            let (byte, is_selected, on_pointerover) = cells(column, byte);
            view! {
                <i data-kind=byte.kind data-end=byte.is_last aria-selected=is_selected on:pointerover=on_pointerover>
                    {byte.character()}
                </i>
            }
        });
        (hex.collect_view(), text.collect_view())
    };
    view! { <div class="dump" aria-hidden="true">{bytes.chunks(8).enumerate().map(row).collect_view()}</div> }
}
