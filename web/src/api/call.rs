//! Makes the call with the generated client over the browser's `fetch`: step 3 of a click's way. What
//! `fetch` itself gets wrong is mended before it reaches this code, in `web/whole_frames.js` and
//! `web/failed_fetch.js`.

use increment_proto::v1::{IncrementRequest, increment_service_client::IncrementServiceClient};
use prost::Message;
use tonic_web_wasm_client::Client;
use wasm_bindgen::JsCast;
use web_sys::{Performance, PerformanceResourceTiming, Window};

use super::status::{Surroundings, failure};
use crate::state::{
    answer::{Answer, HttpVersion, Took, Trip},
    failure::Failure,
};

/// The call's address below the page's own origin.
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

/// Sends a number to the server that the page came from.
///
/// Fails with a [`Failure`] that says who failed; it is never sent again by itself, since every call counts.
pub async fn increment(number: i64) -> Result<Answer, Failure> {
    let window = web_sys::window().expect("a page runs in a window");
    let origin = window.location().origin().expect("a page that could be loaded has an origin");
    let clock = window.performance().expect("every browser with WebAssembly has a clock");

    let request = IncrementRequest { number };
    let bytes_sent = request.encoded_len();
    let start = clock.now();
    let response = IncrementServiceClient::new(Client::new(origin.clone()))
        .increment(request)
        .await
        .map_err(|status| failure(&status, surroundings(&window)))?
        .into_inner();
    let trip = Trip {
        took: Took::between(start, clock.now()),
        http: http_version(&clock, &(origin + INCREMENT)),
        bytes_sent,
        bytes_received: response.encoded_len(),
    };
    Ok(Answer { sent: response.number, returned: response.result, trip })
}

/// What the browser knows just now.
pub(super) fn surroundings(window: &Window) -> Surroundings {
    Surroundings {
        online: window.navigator().on_line(),
        secure: window.location().protocol().is_ok_and(|protocol| protocol == "https:"),
    }
}

/// The HTTP version that the browser noted for the newest call, where it has noted it by now.
fn http_version(clock: &Performance, url: &str) -> Option<HttpVersion> {
    let timing = clock.get_entries_by_name(url).pop();
    // A browser keeps 250 entries and then stops: of whatever, an absent server's among them.
    clock.clear_resource_timings();
    let timing = timing.dyn_into::<PerformanceResourceTiming>().ok()?;
    HttpVersion::from_alpn(&timing.next_hop_protocol())
}
