//! The statuses of calls that fail: the one place that turns errors into [`Status`]. Causes are not shown to callers.

use std::fmt::Display;

use increment_access::{CommitError, Name, ReportError, ReportRejected};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// OUT_OF_RANGE for a number that the rule rejects, naming the request's field (`google.rpc.BadRequest`).
pub(super) fn out_of_range(field: &str, reason: impl Display) -> Status {
    bad_request(Code::OutOfRange, field, reason)
}

/// INVALID_ARGUMENT, naming the request's field (`google.rpc.BadRequest`).
pub(super) fn invalid(field: &str, reason: impl Display) -> Status {
    bad_request(Code::InvalidArgument, field, reason)
}

fn bad_request(code: Code, field: &str, reason: impl Display) -> Status {
    let details = ErrorDetails::with_bad_request_violation(field, reason.to_string());
    Status::with_error_details(code, format!("{field}: {reason}"), details)
}

/// FAILED_PRECONDITION where accesses are not counted.
pub(super) fn not_counting() -> Status {
    Status::failed_precondition("this server does not count accesses")
}

/// UNAVAILABLE where accesses cannot be committed.
pub(super) fn not_committed(_: CommitError) -> Status {
    Status::unavailable("accesses cannot be recorded for now; try again later")
}

/// Why a report of this origin is rejected.
pub(super) fn report_rejected(origin: &Name, error: ReportError) -> Status {
    let reason = match error {
        ReportError::Rejected(reason) => reason,
        ReportError::Commit(error) => return not_committed(error),
    };
    let message = format!("the report of {origin} is not taken: {reason}");
    let (subject, description) = (origin.as_str(), reason.to_string());
    let (code, details) = match reason {
        // It will never be taken, whatever room there is.
        ReportRejected::Folded => (
            Code::FailedPrecondition,
            ErrorDetails::with_precondition_failure_violation("FOLDED", subject, description),
        ),
        ReportRejected::Count | ReportRejected::RowsPerOrigin | ReportRejected::Reported => {
            (Code::ResourceExhausted, ErrorDetails::with_quota_failure_violation(subject, description))
        }
    };
    Status::with_error_details(code, message, details)
}
