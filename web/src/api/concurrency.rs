//! Makes concurrent calls, and reads their timings from the browser. Not on the path of a click.

use futures_util::{TryStreamExt, future::try_join_all};
use gloo_timers::future::TimeoutFuture;
use increment_proto::v1::{CountUpRequest, increment_service_client::IncrementServiceClient};
use tonic_web_wasm_client::Client;
use wasm_bindgen::JsCast;
use web_sys::PerformanceResourceTiming;

use super::{browser::performance, messages::messages};
use crate::model::{
    failure::Failure,
    response::{Elapsed, HttpVersion},
    waterfall::{Bar, CALLS, Waterfall},
};

/// The path of the method, relative to the base URL.
const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";

/// The minimum duration of each call at the service, in milliseconds.
const CALL_MS: u32 = 100;

/// The number of polls for the timings of all calls.
const POLLS: u32 = 10;

/// The interval between two polls, in milliseconds.
const POLL_MS: u32 = 50;

/// Makes [`CALLS`] concurrent calls to the server at `base`: streams of two values, the second 100 ms after the first.
///
/// Fails with the first [`Failure`]; the other calls are cancelled.
pub async fn call_concurrently(base: &str) -> Result<Waterfall, Failure> {
    performance().clear_resource_timings();
    try_join_all((0..CALLS).map(|_| call(base))).await?;
    let timings = all_timings(&format!("{base}{COUNT_UP}")).await;
    let http = timings.first().and_then(|timing| HttpVersion::from_alpn(&timing.next_hop_protocol()));
    let start = timings.first().map_or(0.0, |timing| timing.start_time());
    let bars = timings.iter().map(|timing| bar(timing, start)).collect();
    Ok(Waterfall { origin: base.to_owned(), http, bars })
}

async fn call(base: &str) -> Result<(), Failure> {
    let mut client = IncrementServiceClient::new(Client::new(base.to_owned()));
    let request = CountUpRequest { start: 0, steps: 2, interval_ms: CALL_MS };
    messages(client.count_up(request)).try_for_each(|_| async { Ok(()) }).await
}

/// Waits until the browser has recorded the timings of all calls, and returns them; after [`POLLS`], those that it has.
async fn all_timings(url: &str) -> Vec<PerformanceResourceTiming> {
    let mut timings = recorded_timings(url);
    for _ in 0..POLLS {
        if timings.len() == CALLS {
            break;
        }
        TimeoutFuture::new(POLL_MS).await;
        timings = recorded_timings(url);
    }
    timings
}

/// Returns the timings that the browser has recorded so far, in the order of the calls.
fn recorded_timings(url: &str) -> Vec<PerformanceResourceTiming> {
    performance().get_entries_by_name(url).iter().filter_map(|entry| entry.dyn_into().ok()).collect()
}

fn bar(timing: &PerformanceResourceTiming, start: f64) -> Bar {
    let started = timing.start_time();
    let after_start = |time: f64| Elapsed::between(start, time.max(started)).tenths();
    // 0 where the server does not allow the page to read it.
    Bar {
        started: after_start(started),
        sent: after_start(timing.request_start()),
        ended: after_start(timing.response_end()),
    }
}
