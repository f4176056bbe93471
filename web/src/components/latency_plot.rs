//! The latencies: a small plot and three percentiles. Part of step 9 of the path of a click.

use leptos::prelude::*;

use super::grouped::grouped;
use crate::model::{history::History, latency::PERCENTS, plot::Plot};

/// A dot for each call, oldest to newest, a histogram at the right, and the percentiles below.
#[component]
pub fn LatencyPlot(
    /// The calls of this visit.
    history: ReadSignal<History>,
) -> impl IntoView {
    let count = move || history.read().latencies().len();
    let plot = Memo::new(move |_| Plot::new(history.read().latencies()));
    let percentiles = Memo::new(move |_| history.read().latencies().percentiles());
    let caption = move || match count() {
        0 => "Each call becomes a dot.".to_owned(),
        1 => "1 call".to_owned(),
        count => format!("{} calls", grouped(count as u64)),
    };
    let percentile =
        move |index: usize| percentiles.get().map_or("–".to_owned(), |values| values[index].to_string());
    view! {
        <figure class="latency-plot" data-testid="latency-plot" data-points=count>
            <figcaption><b>"Latency"</b>" "{caption}</figcaption>
            // The decades of the plot, each beside its line.
            <p class="scale" aria-hidden="true">"1 s\n100 ms\n10 ms\n1 ms"</p>
            <svg
                role="img" viewBox="-1 -1 127 74" preserveAspectRatio="none"
                aria-label="The latency of each call, oldest to newest, and a histogram on the right"
            >
                <path class="decades" d="M0 0h124M0 24h124M0 47h124M0 71h124" />
                <path class="dots" d=move || plot.read().calls.clone() />
                <path class="histogram" d=move || plot.read().histogram.clone() />
                <path class="marks" d=move || plot.read().percentiles.clone() />
            </svg>
            <p class="percentiles">
                {PERCENTS
                    .into_iter()
                    .enumerate()
                    .map(|(index, percent)| view! { <span>"p"{percent}<b>{move || percentile(index)}</b></span> })
                    .collect_view()}
            </p>
        </figure>
    }
}
