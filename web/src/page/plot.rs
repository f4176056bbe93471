//! How long the calls took, as they happen: a small plot and three numbers, step 9 of a click's way. Must
//! not know how the plot's lines come about.

use super::dom::put;
use crate::state::{
    burst::grouped,
    latency::{Latencies, PERCENTS},
    plot::Plot,
};

/// The plot before the first call: its decades from 1 second down to 1 millisecond; what changes has an id.
pub const FIGURE: &str = r#"<figure id="latency" data-testid="latency-plot" data-points="0">
<figcaption><b>Latency</b> <span id="calls">Each call becomes a dot.</span></figcaption>
<p class="scale">1 s
100 ms
10 ms
1 ms</p>
<svg role="img" viewBox="-1 -1 127 74" preserveAspectRatio="none" aria-label="Each call's time, oldest to newest, and to the right how the times are spread"><path d="M0 0h124M0 24h124M0 47h124M0 71h124"/><path id="dots"/><path id="spread"/><path id="marks"/></svg>
<p class="percentiles"><span>p50<b id="p50">–</b></span><span>p90<b id="p90">–</b></span><span>p99<b id="p99">–</b></span></p>
</figure>"#;

/// Draws each call as a dot, how the times are spread, and the percentiles.
pub fn draw(latencies: &Latencies) {
    let Plot { calls, spread, percentiles } = Plot::of(latencies);
    let count = latencies.len() as u64;
    put("latency", "data-points", &count.to_string());
    put("calls", "", &format!("{} {}", grouped(count), if count == 1 { "call" } else { "calls" }));
    put("dots", "d", &calls);
    put("spread", "d", &spread);
    put("marks", "d", &percentiles);
    let times = latencies.percentiles();
    for (index, percent) in PERCENTS.into_iter().enumerate() {
        let time = times.map_or("–".to_owned(), |times| times[index].to_string());
        put(&format!("p{percent}"), "", &time);
    }
}
