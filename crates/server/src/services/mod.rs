//! The services: each translates between its contract and what lies below. Step 5 of a click's way.
//! Must not know the protocol, the connection or the page.

mod access;
mod connection;
mod health;
mod increment;
mod offers;
mod reflection;
mod reports;
mod states;
mod template;
mod watch;

use self::{
    access::REPORT_BYTES, connection::Connection, health::Health, increment::Increment,
    reflection::Reflection, template::Template, watch::AccessCalls,
};
pub(crate) use self::{
    connection::asks_for_connection,
    health::Serving,
    offers::{CONTRACTS, own, with_standard},
};

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

/// The one place that turns a refusal of the rule into a status, naming the request's field (`google.rpc.BadRequest`).
fn out_of_range(field: &str, refused: impl std::fmt::Display) -> Status {
    let details = ErrorDetails::with_bad_request_violation(field, refused.to_string());
    Status::with_error_details(tonic::Code::OutOfRange, format!("{field}: {refused}"), details)
}
