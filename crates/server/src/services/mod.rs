//! The services: each translates between its contract and what lies below. Step 5 of a click's way.
//! Must not know the protocol, the connection or the page.

mod access;
mod connection;
mod health;
mod increment;
mod template;
mod watch;

pub(crate) use self::{
    access::Access,
    connection::Connection,
    health::{Health, Serving},
    increment::Increment,
    template::Template,
    watch::{WATCH, Watches},
};

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use crate::rule::OutOfRange;

/// The one place that turns the rule's refusal into a status, naming the request's field (`google.rpc.BadRequest`).
fn out_of_range(field: &str, refused: OutOfRange) -> Status {
    let details = ErrorDetails::with_bad_request_violation(field, refused.to_string());
    Status::with_error_details(tonic::Code::OutOfRange, format!("{field}: {refused}"), details)
}
