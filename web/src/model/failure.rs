//! The failure of a call, with the explanations of `increment doctor`. Part of step 9 of the path of a click.

use increment_doctor::{Explanation, PossibleCause, Problem, explain_status};
use increment_wire::status_name;

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind of failure.
    pub kind: Kind,
    /// The gRPC status code, 0 to 16.
    pub code: u8,
    /// The message of the service, or the description of a response that is not gRPC.
    pub message: String,
}

/// The kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The browser is offline.
    Offline,
    /// No response, at an address without TLS.
    Unreachable,
    /// No response, or an untrusted certificate: browsers do not tell a page which.
    UnreachableOrUntrusted,
    /// The service returned a status other than OK.
    Rejected,
    /// The response is not gRPC-Web: a proxy's, or another server's.
    NotGrpc,
    /// The response is truncated or could not be decoded.
    Incomplete,
}

impl Failure {
    /// Returns the name of the gRPC status code, such as `OUT_OF_RANGE`.
    pub fn code_name(&self) -> &'static str {
        status_name(&self.code.to_string()).unwrap_or("UNKNOWN")
    }

    /// Returns the problem as a headline.
    pub fn title(&self) -> &'static str {
        self.explanation().title
    }

    /// Returns what happened: the message of the service, if there is one.
    pub fn description(&self) -> &str {
        match self.kind {
            Kind::Rejected | Kind::NotGrpc if !self.message.is_empty() => &self.message,
            _ => self.explanation().explanation,
        }
    }

    /// Returns the remedies, one a line.
    pub fn remedies(&self) -> &'static [&'static str] {
        self.explanation().remedies
    }

    /// Returns the possible causes of an ambiguous failure; otherwise empty.
    pub fn possible_causes(&self) -> &'static [PossibleCause] {
        self.explanation().possible_causes
    }

    /// Returns the explanation of `increment doctor`. In `const` blocks, other explanations are not linked.
    fn explanation(&self) -> &'static Explanation {
        match self.kind {
            Kind::Offline => const { Problem::Offline.explanation() },
            Kind::Unreachable => const { Problem::Unreachable.explanation() },
            Kind::UnreachableOrUntrusted => const { Problem::UnreachableOrUntrusted.explanation() },
            Kind::NotGrpc => const { Problem::NotGrpcWeb.explanation() },
            Kind::Incomplete => const { Problem::IncompleteResponse.explanation() },
            Kind::Rejected => explain_status(self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(code: u8) -> Failure {
        Failure { kind: Kind::Rejected, code, message: "number: is the largest there is".to_owned() }
    }

    #[test]
    fn codes_have_their_grpc_names() {
        for (code, name) in [
            (1, "CANCELLED"),
            (2, "UNKNOWN"),
            (11, "OUT_OF_RANGE"),
            (14, "UNAVAILABLE"),
            (16, "UNAUTHENTICATED"),
        ] {
            assert_eq!(rejected(code).code_name(), name);
        }
        assert_eq!(rejected(200).code_name(), "UNKNOWN");
    }

    #[test]
    fn a_rejection_has_the_message_of_the_service() {
        let failure = rejected(11);
        assert_eq!(failure.title(), "The service rejected this number");
        assert_eq!(failure.description(), "number: is the largest there is");
        assert_eq!(failure.remedies(), ["Send another number."]);
    }

    #[test]
    fn a_rejection_without_a_message_is_explained() {
        let failure = Failure { message: String::new(), ..rejected(13) };
        assert_eq!(failure.description(), "It gave no reason.");
    }

    #[test]
    fn over_tls_an_unreachable_server_may_be_untrusted() {
        let failure =
            Failure { kind: Kind::UnreachableOrUntrusted, code: 14, message: "Failed to fetch".to_owned() };
        assert!(failure.description().contains("stopped") && failure.description().contains("certificate"));
        assert!(failure.remedies()[0].contains("new tab"));
        let possible_causes: Vec<_> = failure.possible_causes().iter().map(|cause| cause.title).collect();
        assert!(possible_causes.contains(&"The port is closed"), "{possible_causes:?}");
        assert!(possible_causes.contains(&"The certificate is not trusted"), "{possible_causes:?}");
    }

    #[test]
    fn every_kind_has_its_own_explanation() {
        let kinds = [
            Kind::Offline,
            Kind::Unreachable,
            Kind::UnreachableOrUntrusted,
            Kind::Rejected,
            Kind::NotGrpc,
            Kind::Incomplete,
        ];
        let failures = kinds.map(|kind| Failure { kind, ..rejected(2) });
        for (i, one) in failures.iter().enumerate() {
            for other in &failures[i + 1..] {
                assert_ne!((one.title(), one.description()), (other.title(), other.description()));
                assert_ne!(one.remedies(), other.remedies());
            }
        }
    }
}
