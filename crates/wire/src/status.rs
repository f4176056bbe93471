//! The names of gRPC's status codes (grpc.io, "Status Codes").

/// The names by number.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Returns the name of a status code as in `grpc-status`: `OUT_OF_RANGE` for `11`.
pub fn status_name(code: &str) -> Option<&'static str> {
    NAMES.get(code.parse::<usize>().ok()?).copied()
}
