//! Makes concurrent calls, and reads their timings from the browser. Not on the path of a click.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use increment_proto::v1::{CountUpRequest, CountUpResponse};
use wasm_bindgen::JsCast;
use web_sys::{Performance, PerformanceResourceTiming};

use super::{
    browser::page_context,
    status::failure,
    streams::{COUNT_UP, server_streaming},
    timer::sleep,
};
use crate::model::{
    failure::Failure,
    response::{Elapsed, HttpVersion},
    waterfall::{Bar, CALLS, Waterfall},
};

/// The minimum duration of each call at the service, in milliseconds.
const CALL_MS: u32 = 100;

/// The number of polls for the timings of all calls.
const POLLS: u32 = 10;

/// The interval between two polls, in milliseconds.
const POLL_MS: u32 = 50;

/// Makes [`CALLS`] concurrent calls to the server at `base`: streams of two values, the second 100 ms after the first.
///
/// Fails with the [`Failure`] of one of them. Dropping the future cancels calls in flight.
pub async fn call_concurrently(base: &str) -> Result<Waterfall, Failure> {
    let window = web_sys::window().expect("a page runs in a window");
    let clock = window.performance().expect("every browser with WebAssembly has a clock");
    clock.clear_resource_timings();
    let failed = RefCell::new(None);
    let request = CountUpRequest { start: 0, steps: 2, interval_ms: CALL_MS };
    let call = || async {
        if let Err(status) = server_streaming(base, COUNT_UP, &request, |_: CountUpResponse| {}).await {
            *failed.borrow_mut() = Some(failure(&status, page_context(&window)));
        }
    };
    join_all((0..CALLS).map(|_| Box::pin(call()) as Pin<Box<dyn Future<Output = ()>>>).collect()).await;
    if let Some(failure) = failed.take() {
        return Err(failure);
    }
    let url = format!("{base}{COUNT_UP}");
    let mut timings = resource_timings(&clock, &url);
    for _ in 0..POLLS {
        if timings.len() == CALLS {
            break;
        }
        sleep(&window, POLL_MS).await;
        timings = resource_timings(&clock, &url);
    }
    let http = timings.first().and_then(|timing| HttpVersion::from_alpn(&timing.next_hop_protocol()));
    let start = timings.first().map_or(0.0, |timing| timing.start_time());
    let bars = timings.iter().map(|timing| bar(timing, start)).collect();
    Ok(Waterfall { origin: base.to_owned(), http, bars })
}

/// Waits for all calls.
async fn join_all(mut calls: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
    poll_fn(|context| {
        calls.retain_mut(|call| call.as_mut().poll(context).is_pending());
        if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Returns the timings that the browser has recorded so far, in the order of the calls.
fn resource_timings(clock: &Performance, url: &str) -> Vec<PerformanceResourceTiming> {
    clock.get_entries_by_name(url).iter().filter_map(|entry| entry.dyn_into().ok()).collect()
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
