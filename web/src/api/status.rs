//! Tells what a gRPC status means to a person: between steps 8 and 9 of a click's way. Pure, so that
//! every case is tested on the host.

use std::error::Error;

use tonic::Status;

use crate::state::failure::{Failure, Kind};

/// Set by `web/failed_fetch.js` on the statuses that it makes up, where no service answered.
const FAILURE: &str = "increment-failure";

/// How tonic begins when an answer lacks its last frame; nothing else tells this status from the service's.
const CUT_SHORT: &str = "protocol error: missing grpc-status";

/// What the browser knows apart from the call itself.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings {
    /// The browser has a network.
    pub online: bool,
    /// The page, and so the call, uses TLS.
    pub secure: bool,
}

/// Tells who failed, and keeps what they said.
pub fn failure(status: &Status, surroundings: Surroundings) -> Failure {
    let made_up = status.metadata().get(FAILURE).and_then(|value| value.to_str().ok());
    let kind = match made_up {
        Some("unreachable") if !surroundings.online => Kind::Offline,
        Some("unreachable") if surroundings.secure => Kind::UnreachableOrUntrusted,
        Some("unreachable") => Kind::Unreachable,
        Some(_) => Kind::NotGrpc,
        // A status with a source comes from this side: the client could not read the answer to its end.
        None if status.source().is_some() => Kind::BrokenOff,
        None if status.message().starts_with(CUT_SHORT) => Kind::BrokenOff,
        None => Kind::Refused,
    };
    // A status code is 0 to 16 by its type.
    Failure { kind, code: status.code() as u8, message: status.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use tonic::{Code, metadata::MetadataMap};

    use super::*;

    const HTTPS: Surroundings = Surroundings { online: true, secure: true };

    fn made_up(code: Code, kind: &'static str) -> Status {
        let mut metadata = MetadataMap::new();
        metadata.insert(FAILURE, kind.parse().unwrap());
        Status::with_metadata(code, "what happened", metadata)
    }

    #[test]
    fn nobody_answering_depends_on_where_the_page_is() {
        let status = made_up(Code::Unavailable, "unreachable");
        for (surroundings, kind) in [
            (HTTPS, Kind::UnreachableOrUntrusted),
            (Surroundings { secure: false, ..HTTPS }, Kind::Unreachable),
            (Surroundings { online: false, ..HTTPS }, Kind::Offline),
            (Surroundings { online: false, secure: false }, Kind::Offline),
        ] {
            assert_eq!(failure(&status, surroundings).kind, kind, "{surroundings:?}");
        }
        assert_eq!(failure(&status, HTTPS).code_name(), "UNAVAILABLE");
    }

    #[test]
    fn an_answer_that_is_not_grpc_keeps_its_description() {
        let failure = failure(&made_up(Code::Unavailable, "not-grpc"), HTTPS);
        assert_eq!((failure.kind, failure.words()), (Kind::NotGrpc, "what happened"));
    }

    #[test]
    fn a_status_of_the_service_is_a_refusal_even_offline() {
        let status = Status::out_of_range("number: too large");
        let failure = failure(&status, Surroundings { online: false, secure: true });
        assert_eq!((failure.kind, failure.code_name()), (Kind::Refused, "OUT_OF_RANGE"));
        assert_eq!(failure.words(), "number: too large");
    }

    #[test]
    fn an_answer_that_could_not_be_read_broke_off() {
        for status in [
            Status::from_error("network error".into()),
            Status::unknown("protocol error: missing grpc-status trailer, stream was terminated"),
        ] {
            assert_eq!(failure(&status, HTTPS).kind, Kind::BrokenOff, "{status}");
        }
    }
}
