//! Makes the call with the generated client over the browser's `fetch`: step 3 of a click's way. What
//! `fetch` itself gets wrong is mended before it reaches this code, in `web/whole_frames.js` and
//! `web/failed_fetch.js`.

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
    browser::{own_base, surroundings},
    status::failure,
    tap::Tap,
};
use crate::state::{
    deadline::Deadline,
    failure::Failure,
    response::{Answer, HttpVersion, Took, Trip},
};

/// The call's address below the page's base URL.
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

/// Sends a number to the server that the page came from, and tells how long it took to whatever end. The
/// call is broken off when the future is dropped.
///
/// Fails with a [`Failure`] that says who failed; it is never sent again by itself, since every call counts. Last comes
/// what travelled, for `state::wire`.
pub async fn increment(number: i64, deadline: Option<Deadline>) -> (Took, Result<Answer, Failure>, String) {
    let (request, tap) = request(number, deadline);
    let (took, outcome) = call(request, deadline).await;
    (took, outcome, tap.take())
}

async fn call(
    request: Request<IncrementRequest>,
    deadline: Option<Deadline>,
) -> (Took, Result<Answer, Failure>) {
    let window = web_sys::window().expect("a page runs in a window");
    let base = own_base(&window);
    let clock = window.performance().expect("every browser with WebAssembly has a clock");

    let bytes_sent = request.get_ref().encoded_len();
    // The page keeps the deadline by the client's timer, the server by the header.
    let options = FetchOptions { timeout: deadline.map(Deadline::time), ..FetchOptions::default() };
    let mut client = IncrementServiceClient::new(Client::new_with_options(base.clone(), options));
    let start = clock.now();
    let outcome = client.increment(request).await;
    let took = Took::between(start, clock.now());
    let response = match (outcome, deadline) {
        (Ok(response), _) => response.into_inner(),
        // A status with a source comes from this side.
        (Err(status), Some(deadline))
            if status.code() == Code::DeadlineExceeded && status.source().is_some() =>
        {
            return (took, Err(deadline.passed()));
        }
        (Err(status), _) => return (took, Err(failure(&status, surroundings(&window)))),
    };
    let trip = Trip {
        took,
        http: http_version(&clock, &(base + INCREMENT)),
        bytes_sent,
        bytes_received: response.encoded_len(),
    };
    (took, Ok(Answer { sent: response.number, returned: response.result, trip }))
}

/// The message, for the server how long it may take, and who notes what travels.
fn request(number: i64, deadline: Option<Deadline>) -> (Request<IncrementRequest>, Tap) {
    let mut headers = HeaderMap::new();
    let tap = Tap::on(&mut headers);
    if let Some(value) = deadline.and_then(|deadline| HeaderValue::try_from(deadline.header()).ok()) {
        headers.insert(HeaderName::from_static("grpc-timeout"), value);
    }
    // Not by `MetadataMap::insert`, which would cost the page half a kilobyte.
    let message = IncrementRequest { number };
    let request = Request::from_parts(MetadataMap::from_headers(headers), Extensions::default(), message);
    (request, tap)
}

/// The HTTP version that the browser noted for the newest call, where it has noted it by now.
fn http_version(clock: &Performance, url: &str) -> Option<HttpVersion> {
    let timing = clock.get_entries_by_name(url).pop();
    // A browser keeps 250 entries and then stops: of whatever, an absent server's among them.
    clock.clear_resource_timings();
    let timing = timing.dyn_into::<PerformanceResourceTiming>().ok()?;
    HttpVersion::from_alpn(&timing.next_hop_protocol())
}
