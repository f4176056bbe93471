//! Maps a gRPC status to a failure, between steps 8 and 9 of the path of a click. Tested on the host.

use std::error::Error;

use tonic::Status;

use crate::model::failure::{Failure, Kind};

/// The header of statuses made by `web/fetch.js`, where no service responded.
const FAILURE_HEADER: &str = "increment-failure";

/// The start of tonic's message for a response without trailers; nothing else distinguishes it from a status of the service.
const TRUNCATED: &str = "protocol error: missing grpc-status";

/// The state of the browser, independent of a call.
#[derive(Clone, Copy, Debug)]
pub struct PageContext {
    /// Whether the browser is online.
    pub online: bool,
    /// Whether the page, and so the call, uses TLS.
    pub secure: bool,
}

/// Returns the kind of failure and its message.
pub fn failure(status: &Status, page_context: PageContext) -> Failure {
    let synthetic = status.metadata().get(FAILURE_HEADER).and_then(|value| value.to_str().ok());
    let kind = match synthetic {
        Some("unreachable") if !page_context.online => Kind::Offline,
        Some("unreachable") if page_context.secure => Kind::UnreachableOrUntrusted,
        Some("unreachable") => Kind::Unreachable,
        Some(_) => Kind::NotGrpc,
        // A status with a source was made by the client: the response could not be decoded.
        None if status.source().is_some() => Kind::Incomplete,
        None if status.message().starts_with(TRUNCATED) => Kind::Incomplete,
        None => Kind::Rejected,
    };
    // A status code is 0 to 16 by its type.
    Failure { kind, code: status.code() as u8, message: status.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use tonic::{Code, metadata::MetadataMap};

    use super::*;

    const HTTPS: PageContext = PageContext { online: true, secure: true };

    fn synthetic(code: Code, kind: &'static str) -> Status {
        let mut metadata = MetadataMap::new();
        metadata.insert(FAILURE_HEADER, kind.parse().unwrap());
        Status::with_metadata(code, "what happened", metadata)
    }

    #[test]
    fn an_unreachable_server_depends_on_the_browser() {
        let status = synthetic(Code::Unavailable, "unreachable");
        for (page_context, kind) in [
            (HTTPS, Kind::UnreachableOrUntrusted),
            (PageContext { secure: false, ..HTTPS }, Kind::Unreachable),
            (PageContext { online: false, ..HTTPS }, Kind::Offline),
            (PageContext { online: false, secure: false }, Kind::Offline),
        ] {
            assert_eq!(failure(&status, page_context).kind, kind, "{page_context:?}");
        }
        assert_eq!(failure(&status, HTTPS).code_name(), "UNAVAILABLE");
    }

    #[test]
    fn a_response_that_is_not_grpc_keeps_its_description() {
        let failure = failure(&synthetic(Code::Unavailable, "not-grpc"), HTTPS);
        assert_eq!((failure.kind, failure.description()), (Kind::NotGrpc, "what happened"));
    }

    #[test]
    fn a_status_of_the_service_is_a_rejection_even_offline() {
        let status = Status::out_of_range("number: too large");
        let failure = failure(&status, PageContext { online: false, secure: true });
        assert_eq!((failure.kind, failure.code_name()), (Kind::Rejected, "OUT_OF_RANGE"));
        assert_eq!(failure.description(), "number: too large");
    }

    #[test]
    fn a_response_that_could_not_be_decoded_is_incomplete() {
        for status in [
            Status::from_error("network error".into()),
            Status::unknown("protocol error: missing grpc-status trailer, stream was terminated"),
        ] {
            assert_eq!(failure(&status, HTTPS).kind, Kind::Incomplete, "{status}");
        }
    }
}
