//! Latency and bursts: the plot of the calls, and beside it the burst that fills it.

use leptos::{html::Input, prelude::*};

use super::{burst::Burst, latency_plot::LatencyPlot};
use crate::{frame_signal::FrameSignal, model::history::History};

/// The latencies of the calls of this visit, and the form that makes many calls.
#[component]
pub fn Latency(
    /// The calls of this visit.
    history: FrameSignal<History>,
    /// The field for the deadline of every call, of clicks too.
    deadline_field: NodeRef<Input>,
) -> impl IntoView {
    view! {
        <section id="latency" aria-labelledby="latency-title">
            <h2 id="latency-title">"Latency and bursts"</h2>
            <p class="intro">
                "How long calls from this browser take: each is a dot. A burst makes many at a time."
            </p>
            <div class="latency-panel">
                <LatencyPlot history=history.signal() />
                <Burst history deadline_field />
            </div>
        </section>
    }
}
