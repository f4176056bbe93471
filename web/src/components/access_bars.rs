//! The access counts as a list: a line for each service, and for each of its methods and protocols a bar.

use leptos::{either::Either, prelude::*};

use super::grouped::grouped;
use crate::model::accesses::{AccessCounts, Line, LineKey, SCALE};

/// The services and their methods.
#[component]
pub fn AccessBars(
    /// The counts.
    counts: ReadSignal<AccessCounts>,
) -> impl IntoView {
    let lines = Memo::new(move |_| counts.read().lines());
    let keys = move || lines.read().iter().map(|line| line.key.clone()).collect::<Vec<_>>();
    view! {
        <ul class="bars">
            <For each=keys key=LineKey::clone let:key>
                {match key.row.clone() {
                    None => Either::Left(view! { <Service key lines /> }),
                    Some((method, protocol)) => Either::Right(view! { <Bar key method protocol lines /> }),
                }}
            </For>
        </ul>
    }
}

/// A service, above its methods.
#[component]
fn Service(key: LineKey, lines: Memo<Vec<Line>>) -> impl IntoView {
    let line = use_line(key, lines);
    view! {
        <li data-testid="access-service" class="service">
            <span>{move || line.read().name.clone()}</span>" "<b>{move || grouped(line.read().count)}</b>
        </li>
    }
}

/// The calls of a method over a protocol; the name of the method is on the first of its lines.
#[component]
fn Bar(key: LineKey, method: String, protocol: String, lines: Memo<Vec<Line>>) -> impl IntoView {
    let service = key.service.clone();
    let line = use_line(key, lines);
    view! {
        <li
            data-testid="access-row" data-service=service data-method=method data-protocol=protocol
            data-count=move || line.read().count
        >
            <span>{move || line.read().name.clone()}</span>" "
            <span class="protocol">{move || line.read().protocol.clone()}</span>" "
            <svg aria-hidden="true" viewBox=format!("0 0 {SCALE} 1") preserveAspectRatio="none">
                <rect x=move || line.read().segment.start width=move || line.read().segment.length height="1" />
            </svg>
            <b>{move || grouped(line.read().count)}</b>
        </li>
    }
}

/// Returns the current line with this key.
fn use_line(key: LineKey, lines: Memo<Vec<Line>>) -> Memo<Line> {
    Memo::new(move |last: Option<&Line>| {
        let lines = lines.read();
        let found = lines.binary_search_by(|line| line.key.cmp(&key)).ok().map(|index| lines[index].clone());
        // A line is removed from the page after it is from the list.
        found.or_else(|| last.cloned()).unwrap_or_default()
    })
}
