//! Calls the service with the generated client over gRPC-Web.

use increment_proto::v1::{IncrementRequest, increment_service_client::IncrementServiceClient};
use leptos::prelude::window;
use tonic::Status;
use tonic_web_wasm_client::Client;

/// A call and its answer.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) sent: i64,
    pub(crate) returned: i64,
    pub(crate) sent_at: String,
    pub(crate) elapsed: String,
}

/// Why a call failed.
#[derive(Clone)]
pub(crate) struct Failure {
    pub(crate) code: i32,
    pub(crate) title: &'static str,
    pub(crate) message: String,
}

/// Sends a number to the server of the page.
pub(crate) async fn increment(number: i64) -> Result<Call, Failure> {
    let sent_at = js_sys::Date::new_0().to_time_string().slice(0, 8).into();
    let start = now();
    let response = client().increment(IncrementRequest { number }).await?.into_inner();
    let elapsed = format!("{:.1} ms", now() - start);
    Ok(Call { sent: response.number, returned: response.result, sent_at, elapsed })
}

fn client() -> IncrementServiceClient<Client> {
    let origin = window().location().origin().expect("a loaded page has an origin");
    IncrementServiceClient::new(Client::new(origin))
}

/// The monotonic time, in milliseconds.
fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let code = status.code();
        Self { code: code.into(), title: code.description(), message: status.message().to_owned() }
    }
}
