//! Two timing diagrams of concurrent calls, to one scale.

use leptos::prelude::*;

use crate::model::{
    comparison::Comparison,
    response::{Elapsed, HttpVersion},
    waterfall::{Bar, CALLS, Waterfall, scale},
};

/// The diagrams of a comparison, or their empty frames.
#[component]
pub fn Waterfalls(
    /// The newest comparison.
    comparison: ReadSignal<Comparison>,
) -> impl IntoView {
    let diagrams = move || match comparison.read().waterfalls().cloned() {
        None => view! { <Frame title="This page’s address" /><Frame title="The other address" /> }.into_any(),
        Some(waterfalls) => {
            let scale = scale(&waterfalls);
            waterfalls.map(|waterfall| view! { <Diagram waterfall scale /> }).collect_view().into_any()
        }
    };
    view! { <div class="waterfalls">{diagrams}</div> }
}

/// The frame of a diagram before the first comparison.
#[component]
fn Frame(title: &'static str) -> impl IntoView {
    view! { <div class="waterfall empty" aria-hidden="true"><p>{title}</p><svg></svg></div> }
}

/// The calls to one address, a line each; at the top the first.
#[component]
fn Diagram(
    waterfall: Waterfall,
    /// The time at the right edge, in tenths of a millisecond.
    scale: u32,
) -> impl IntoView {
    let http = waterfall.http.map_or("HTTP of an unknown version", HttpVersion::name);
    let in_flight = waterfall.max_in_flight();
    view! {
        <div
            class="waterfall" data-testid="waterfall" data-http=http data-calls=waterfall.bars.len()
            data-in-flight=in_flight
        >
            <p><b>{http}</b>" "{waterfall.origin.clone()}</p>
            <svg aria-hidden="true" viewBox=format!("0 0 {scale} {CALLS}") preserveAspectRatio="none">
                {waterfall.bars.iter().enumerate().map(|(row, &bar)| view! { <Call row bar /> }).collect_view()}
            </svg>
            <p class="axis"><span>"0 ms"</span><span>{Elapsed::from_tenths(scale).to_string()}</span></p>
            <p class="outcome">
                "The last response after "{Elapsed::from_tenths(waterfall.duration()).to_string()}"; up to "
                {in_flight}" in flight"
            </p>
        </div>
    }
}

/// A call: thin while it waits, thick while it is in flight.
#[component]
fn Call(
    /// The row from the top, of height 1.
    row: usize,
    bar: Bar,
) -> impl IntoView {
    let Bar { started, sent, ended } = bar;
    view! {
        <rect class="waiting" x=started y=format!("{row}.4") width=sent.saturating_sub(started) height="0.2" />
        <rect x=sent y=format!("{row}.15") width=ended.saturating_sub(sent) height="0.7" />
    }
}
