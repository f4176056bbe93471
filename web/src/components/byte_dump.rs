//! The bytes of a body, eight in a row: in hexadecimal, and as text.

use std::{array, ops::Range};

use leptos::{ev::PointerEvent, prelude::*};

use crate::model::wire::{Byte, Meaning};

/// The number of bytes in a row.
const COLUMNS: usize = 8;

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
    let range =
        move || highlighted.get().map(|index| meanings.read_value()[index].range.clone()).unwrap_or_default();
    let row = |(row, bytes): (usize, &[Byte])| view! { <Row bytes=bytes.to_vec() start=row * COLUMNS range on_highlight /> };
    view! { <div class="dump" aria-hidden="true">{bytes.chunks(COLUMNS).enumerate().map(row).collect_view()}</div> }
}

/// A row of bytes. It is rendered again when the highlight changes within it: a subscription for each byte would take longer.
#[component]
fn Row(
    bytes: Vec<Byte>,
    /// The offset of the first byte.
    start: usize,
    /// The highlighted range of offsets.
    range: impl Fn() -> Range<usize> + Send + Sync + 'static,
    on_highlight: impl Fn(usize) + Copy + Send + 'static,
) -> impl IntoView {
    let selected: Memo<[bool; COLUMNS]> = Memo::new(move |_| {
        let range = range();
        array::from_fn(|column| range.contains(&(start + column)))
    });
    let on_pointerover =
        move |byte: Byte| move |_: PointerEvent| byte.meaning.into_iter().for_each(on_highlight);
    move || {
        let cells =
            bytes.iter().copied().zip(selected.get().map(|is_selected| is_selected.then_some("true")));
        let hex = cells.clone().map(|(byte, selected)| view! {
            <b data-kind=byte.kind data-end=byte.is_last aria-selected=selected on:pointerover=on_pointerover(byte)>
                {byte.hex()}
            </b>
        });
        let text = cells.map(|(byte, selected)| view! {
            <i data-kind=byte.kind data-end=byte.is_last aria-selected=selected on:pointerover=on_pointerover(byte)>
                {byte.character()}
            </i>
        });
        (hex.collect_view(), text.collect_view())
    }
}
