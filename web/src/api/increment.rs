//! Calls `Increment`. Step 3 of the path of a click. Defects of `fetch` are corrected in `web/fetch.js`.

use std::error::Error;

use gloo_timers::future::TimeoutFuture;
use increment_proto::v1::{IncrementRequest, increment_service_client::IncrementServiceClient};
use prost::Message;
use tonic::{Code, Request, Status};
use tonic_web_wasm_client::{Client, options::FetchOptions};
use wasm_bindgen::JsCast;
use web_sys::PerformanceResourceTiming;

use super::{
    browser::{own_base_url, page_context, performance},
    status::failure,
    tap::Tap,
};
use crate::model::{
    deadline::Deadline,
    failure::Failure,
    history::Finished,
    response::{Elapsed, HttpVersion, Response, RoundTrip},
};

/// The path of the method, relative to the base URL.
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

/// Sends a number to the server of the page, and returns the outcome. Never retries: every call is counted.
pub async fn increment(number: i64, deadline: Option<Deadline>) -> Finished {
    let message = IncrementRequest { number };
    let bytes_sent = message.encoded_len();
    let mut request = Request::new(message);
    let tap = Tap::attach(request.metadata_mut());
    // The page enforces the deadline with the client's timer, the server with the header.
    let timeout = deadline.map(Deadline::duration);
    if let Some(value) = deadline.and_then(|deadline| deadline.header().parse().ok()) {
        request.metadata_mut().insert("grpc-timeout", value);
    }
    let options = FetchOptions { timeout, ..FetchOptions::default() };
    let mut client = IncrementServiceClient::new(Client::new_with_options(own_base_url(), options));

    let start = performance().now();
    let outcome = client.increment(request).await;
    let elapsed = Elapsed::between(start, performance().now());

    let outcome = match outcome {
        Err(status) => Err(failure_of_call(&status, deadline)),
        Ok(response) => {
            let response = response.into_inner();
            let bytes_received = response.encoded_len();
            let round_trip = RoundTrip { elapsed, http: http_version().await, bytes_sent, bytes_received };
            Ok(Response { sent: response.number, returned: response.result, round_trip })
        }
    };
    Finished { elapsed, outcome, exchange: tap.take() }
}

/// Returns the failure; a status with a source was made by the client, whose timer enforces the deadline.
fn failure_of_call(status: &Status, deadline: Option<Deadline>) -> Failure {
    match deadline {
        Some(deadline) if status.code() == Code::DeadlineExceeded && status.source().is_some() => {
            deadline.exceeded()
        }
        _ => failure(status, page_context()),
    }
}

/// Returns the HTTP version of the newest call, if the browser reports it. It may record a call only after its response.
async fn http_version() -> Option<HttpVersion> {
    if let Some(timing) = newest_timing() {
        return HttpVersion::from_alpn(&timing.next_hop_protocol());
    }
    TimeoutFuture::new(0).await;
    HttpVersion::from_alpn(&newest_timing()?.next_hop_protocol())
}

fn newest_timing() -> Option<PerformanceResourceTiming> {
    let clock = performance();
    let timing = clock.get_entries_by_name(&(own_base_url() + INCREMENT)).pop();
    // A browser records at most 250 entries, those of failed calls included.
    clock.clear_resource_timings();
    timing.dyn_into().ok()
}
