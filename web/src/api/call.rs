//! Calls `Increment` with the generated client over the browser's `fetch`. Step 3 of the path of a click. Defects of the
//! client are corrected in `web/fetch.js`.

use std::error::Error;

use increment_proto::v1::{IncrementRequest, increment_service_client::IncrementServiceClient};
use prost::Message;
use tonic::{
    Code, Request,
    codegen::http::{Extensions, HeaderMap, HeaderName, HeaderValue},
    metadata::MetadataMap,
};
use tonic_web_wasm_client::{Client, options::FetchOptions};
use wasm_bindgen::JsCast;
use web_sys::{Performance, PerformanceResourceTiming};

use super::{
    browser::{own_base_url, page_context},
    status::failure,
    tap::Tap,
};
use crate::model::{
    deadline::Deadline,
    exchange::Exchange,
    failure::Failure,
    response::{Elapsed, HttpVersion, Response, RoundTrip},
};

/// The path of the method, relative to the base URL.
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

/// Sends a number to the server of the page. Returns the time to the outcome, the outcome, and the exchange.
/// Dropping the future cancels the call.
///
/// Fails with a [`Failure`]. Never retries: every call is counted.
pub async fn increment(
    number: i64,
    deadline: Option<Deadline>,
) -> (Elapsed, Result<Response, Failure>, Exchange) {
    let (request, tap) = request(number, deadline);
    let (elapsed, outcome) = call(request, deadline).await;
    (elapsed, outcome, tap.take())
}

async fn call(
    request: Request<IncrementRequest>,
    deadline: Option<Deadline>,
) -> (Elapsed, Result<Response, Failure>) {
    let window = web_sys::window().expect("a page runs in a window");
    let base = own_base_url(&window);
    let clock = window.performance().expect("every browser with WebAssembly has a clock");

    let bytes_sent = request.get_ref().encoded_len();
    // The page enforces the deadline with the client's timer, the server with the header.
    let options = FetchOptions { timeout: deadline.map(Deadline::duration), ..FetchOptions::default() };
    let mut client = IncrementServiceClient::new(Client::new_with_options(base.clone(), options));
    let start = clock.now();
    let outcome = client.increment(request).await;
    let elapsed = Elapsed::between(start, clock.now());
    let response = match (outcome, deadline) {
        (Ok(response), _) => response.into_inner(),
        // A status with a source was made by the client.
        (Err(status), Some(deadline))
            if status.code() == Code::DeadlineExceeded && status.source().is_some() =>
        {
            return (elapsed, Err(deadline.exceeded()));
        }
        (Err(status), _) => return (elapsed, Err(failure(&status, page_context(&window)))),
    };
    let round_trip = RoundTrip {
        elapsed,
        http: http_version(&clock, &(base + INCREMENT)),
        bytes_sent,
        bytes_received: response.encoded_len(),
    };
    (elapsed, Ok(Response { sent: response.number, returned: response.result, round_trip }))
}

/// Creates the request with its deadline, and the tap that records it.
fn request(number: i64, deadline: Option<Deadline>) -> (Request<IncrementRequest>, Tap) {
    let mut headers = HeaderMap::new();
    let tap = Tap::attach(&mut headers);
    if let Some(value) = deadline.and_then(|deadline| HeaderValue::try_from(deadline.header()).ok()) {
        headers.insert(HeaderName::from_static("grpc-timeout"), value);
    }
    // `MetadataMap::insert` would add half a kilobyte to the page.
    let message = IncrementRequest { number };
    let request = Request::from_parts(MetadataMap::from_headers(headers), Extensions::default(), message);
    (request, tap)
}

/// Returns the HTTP version of the newest call, if the browser has recorded it yet.
fn http_version(clock: &Performance, url: &str) -> Option<HttpVersion> {
    let timing = clock.get_entries_by_name(url).pop();
    // A browser records at most 250 entries, those of failed calls included.
    clock.clear_resource_timings();
    let timing = timing.dyn_into::<PerformanceResourceTiming>().ok()?;
    HttpVersion::from_alpn(&timing.next_hop_protocol())
}
