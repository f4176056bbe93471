//! The latencies: a small plot and three percentiles. Part of step 9 of the path of a click.

use super::dom::{set_attribute, set_text};
use crate::model::{
    burst::grouped,
    latency::{Latencies, PERCENTS},
    plot::Plot,
};

/// The plot before the first call: its decades from 1 second down to 1 millisecond; elements that change have ids.
pub const FIGURE: &str = r#"<figure id="latency" data-testid="latency-plot" data-points="0">
<figcaption><b>Latency</b> <span id="calls">Each call becomes a dot.</span></figcaption>
<p class="scale">1 s
100 ms
10 ms
1 ms</p>
<svg role="img" viewBox="-1 -1 127 74" preserveAspectRatio="none" aria-label="The latency of each call, oldest to newest, and a histogram on the right"><path d="M0 0h124M0 24h124M0 47h124M0 71h124"/><path id="dots"/><path id="histogram"/><path id="marks"/></svg>
<p class="percentiles"><span>p50<b id="p50">–</b></span><span>p90<b id="p90">–</b></span><span>p99<b id="p99">–</b></span></p>
</figure>"#;

/// Renders a dot for each call, the histogram and the percentiles.
pub fn render(latencies: &Latencies) {
    let Plot { calls, histogram, percentiles } = Plot::new(latencies);
    let count = latencies.len() as u64;
    set_attribute("latency", "data-points", &count.to_string());
    set_text("calls", &format!("{} {}", grouped(count), if count == 1 { "call" } else { "calls" }));
    set_attribute("dots", "d", &calls);
    set_attribute("histogram", "d", &histogram);
    set_attribute("marks", "d", &percentiles);
    let values = latencies.percentiles();
    for (index, percent) in PERCENTS.into_iter().enumerate() {
        let text = values.map_or("–".to_owned(), |values| values[index].to_string());
        set_text(&format!("p{percent}"), &text);
    }
}
