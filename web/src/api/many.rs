//! Makes the same calls at once, and reads from the browser how each of them went: apart from a click's way.

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
    browser::surroundings,
    status::failure,
    streams::{COUNT_UP, answers},
    timer::sleep,
};
use crate::state::{
    failure::Failure,
    response::{HttpVersion, Took},
    waterfall::{Bar, CALLS, Waterfall},
};

/// How long the service takes for each call at the least, in milliseconds.
const CALL_MS: u32 = 100;

/// How often it is looked whether the browser has noted all calls, and how long it takes in between, in milliseconds.
const LOOKS: u32 = 10;
const LOOK_MS: u32 = 50;

/// Makes [`CALLS`] calls at once to the server at `base`: streams of two values, the second 100 ms after the first.
///
/// Fails with the [`Failure`] of one of them. Dropped, it breaks off what is under way.
pub async fn many_at_once(base: &str) -> Result<Waterfall, Failure> {
    let window = web_sys::window().expect("a page runs in a window");
    let clock = window.performance().expect("every browser with WebAssembly has a clock");
    clock.clear_resource_timings();
    let failed = RefCell::new(None);
    let request = CountUpRequest { start: 0, steps: 2, interval_ms: CALL_MS };
    let call = || async {
        if let Err(status) = answers(base, COUNT_UP, &request, |_: CountUpResponse| {}).await {
            *failed.borrow_mut() = Some(failure(&status, surroundings(&window)));
        }
    };
    all((0..CALLS).map(|_| Box::pin(call()) as Pin<Box<dyn Future<Output = ()>>>).collect()).await;
    if let Some(failure) = failed.take() {
        return Err(failure);
    }
    let url = format!("{base}{COUNT_UP}");
    let mut noted = timings(&clock, &url);
    for _ in 0..LOOKS {
        if noted.len() == CALLS {
            break;
        }
        sleep(&window, LOOK_MS).await;
        noted = timings(&clock, &url);
    }
    let http = noted.first().and_then(|timing| HttpVersion::from_alpn(&timing.next_hop_protocol()));
    let start = noted.first().map_or(0.0, |timing| timing.start_time());
    let bars = noted.iter().map(|timing| bar(timing, start)).collect();
    Ok(Waterfall { origin: base.to_owned(), http, bars })
}

/// Ends when all of them have.
async fn all(mut calls: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>) {
    poll_fn(|context| {
        calls.retain_mut(|call| call.as_mut().poll(context).is_pending());
        if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// What the browser has noted of these calls by now, in the order in which they were made.
fn timings(clock: &Performance, url: &str) -> Vec<PerformanceResourceTiming> {
    clock.get_entries_by_name(url).iter().filter_map(|entry| entry.dyn_into().ok()).collect()
}

fn bar(timing: &PerformanceResourceTiming, start: f64) -> Bar {
    let made = timing.start_time();
    let after_start = |time: f64| Took::between(start, time.max(made)).tenths();
    // 0 where the server does not let the page know.
    Bar {
        made: after_start(made),
        sent: after_start(timing.request_start()),
        ended: after_start(timing.response_end()),
    }
}
