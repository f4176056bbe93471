//! What went wrong, in a person's words: what step 9 shows of a call that failed. The words are those of
//! `increment doctor`. Must not know how the network says so; `api` translates.

use increment_doctor::{Explanation, PossibleCause, Problem, explain_status};
use increment_wire::status_name;

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Who failed, as far as the page can tell.
    pub kind: Kind,
    /// The gRPC status code, 0 to 16.
    pub code: u8,
    /// What the service said, or for an answer that is not gRPC what it was instead.
    pub message: String,
}

/// Who failed, as far as the page can tell: each kind has a remedy of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The browser knows that it has no network.
    Offline,
    /// Nobody answered at an address without TLS.
    Unreachable,
    /// Nobody answered, or the certificate is not trusted: browsers do not tell a page which.
    UnreachableOrUntrusted,
    /// The service answered, with a status other than OK.
    Refused,
    /// Somebody answered, but not in gRPC: a proxy, or another server.
    NotGrpc,
    /// The answer began and did not end, or could not be read.
    BrokenOff,
}

impl Failure {
    /// The name of the gRPC status code, such as `OUT_OF_RANGE`.
    pub fn code_name(&self) -> &'static str {
        status_name(&self.code.to_string()).unwrap_or("UNKNOWN")
    }

    /// What is wrong, as a headline.
    pub fn title(&self) -> &'static str {
        self.explanation().title
    }

    /// What happened, in a sentence or two: what the service said, where it said something.
    pub fn words(&self) -> &str {
        match self.kind {
            Kind::Refused | Kind::NotGrpc if !self.message.is_empty() => &self.message,
            _ => self.explanation().explanation,
        }
    }

    /// What to do about it, a line each.
    pub fn remedies(&self) -> &'static [&'static str] {
        self.explanation().remedies
    }

    /// What it may be where the page cannot tell; else empty.
    pub fn possible_causes(&self) -> &'static [PossibleCause] {
        self.explanation().possible_causes
    }

    /// The words that the program has for it, too. Each stands in a `const`: the page carries no others.
    fn explanation(&self) -> &'static Explanation {
        match self.kind {
            Kind::Offline => const { Problem::Offline.explanation() },
            Kind::Unreachable => const { Problem::Unreachable.explanation() },
            Kind::UnreachableOrUntrusted => const { Problem::UnreachableOrUntrusted.explanation() },
            Kind::NotGrpc => const { Problem::NotGrpcWeb.explanation() },
            Kind::BrokenOff => const { Problem::IncompleteResponse.explanation() },
            Kind::Refused => explain_status(self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u8) -> Failure {
        Failure { kind: Kind::Refused, code, message: "number: is the largest there is".to_owned() }
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
            assert_eq!(refused(code).code_name(), name);
        }
        assert_eq!(refused(200).code_name(), "UNKNOWN");
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_service() {
        let failure = refused(11);
        assert_eq!(failure.title(), "The service rejected this number");
        assert_eq!(failure.words(), "number: is the largest there is");
        assert_eq!(failure.remedies(), ["Send another number."]);
    }

    #[test]
    fn a_refusal_without_a_word_says_so() {
        let failure = Failure { message: String::new(), ..refused(13) };
        assert_eq!(failure.words(), "It gave no reason.");
    }

    #[test]
    fn over_tls_a_silent_server_may_be_an_untrusted_one() {
        let failure =
            Failure { kind: Kind::UnreachableOrUntrusted, code: 14, message: "Failed to fetch".to_owned() };
        assert!(failure.words().contains("stopped") && failure.words().contains("certificate"));
        assert!(failure.remedies()[0].contains("new tab"));
        let possible_causes: Vec<_> = failure.possible_causes().iter().map(|cause| cause.title).collect();
        assert!(possible_causes.contains(&"The port is closed"), "{possible_causes:?}");
        assert!(possible_causes.contains(&"The certificate is not trusted"), "{possible_causes:?}");
    }

    #[test]
    fn every_kind_says_something_else() {
        let kinds = [
            Kind::Offline,
            Kind::Unreachable,
            Kind::UnreachableOrUntrusted,
            Kind::Refused,
            Kind::NotGrpc,
            Kind::BrokenOff,
        ];
        let failures = kinds.map(|kind| Failure { kind, ..refused(2) });
        for (i, one) in failures.iter().enumerate() {
            for other in &failures[i + 1..] {
                assert_ne!((one.title(), one.words()), (other.title(), other.words()));
                assert_ne!(one.remedies(), other.remedies());
            }
        }
    }
}
