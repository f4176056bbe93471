//! What went wrong, in a person's words: what step 9 shows of a call that failed. Must not know how the
//! network says so; `api` translates.

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

/// The names of the gRPC status codes, by number.
/// <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>
const CODES: [&str; 17] = [
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

impl Failure {
    /// The name of the gRPC status code, such as `OUT_OF_RANGE`.
    pub fn code_name(&self) -> &'static str {
        CODES.get(usize::from(self.code)).copied().unwrap_or("UNKNOWN")
    }

    /// What is wrong, as a headline.
    pub fn title(&self) -> &'static str {
        match self.kind {
            Kind::Offline => "This device is offline",
            Kind::Unreachable | Kind::UnreachableOrUntrusted => "The server did not answer",
            Kind::NotGrpc => "The answer is not gRPC",
            Kind::BrokenOff => "The answer broke off",
            Kind::Refused => match self.code_name() {
                "INVALID_ARGUMENT" | "OUT_OF_RANGE" => "The service refused this number",
                "PERMISSION_DENIED" | "UNAUTHENTICATED" => "The service does not let this page in",
                "DEADLINE_EXCEEDED" => "The service took too long",
                "RESOURCE_EXHAUSTED" | "UNAVAILABLE" => "The service is not available just now",
                "UNIMPLEMENTED" => "The service does not know this call",
                _ => "The service failed",
            },
        }
    }

    /// What happened, in a sentence or two.
    pub fn words(&self) -> &str {
        match self.kind {
            Kind::Offline => "The browser has no network, so the number did not leave this device.",
            Kind::Unreachable => "It has stopped, or the network does not reach it.",
            Kind::UnreachableOrUntrusted => {
                "It has stopped, or this browser no longer trusts its certificate: a page is not told which."
            }
            Kind::BrokenOff => "The connection ended early, or what came could not be read.",
            Kind::Refused if self.message.is_empty() => "It gave no reason.",
            Kind::Refused | Kind::NotGrpc => &self.message,
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self.kind {
            Kind::Offline => "Connect it, then send again.",
            Kind::Unreachable => "Start the server, then send again.",
            Kind::UnreachableOrUntrusted => "Open this address in a new tab to see which.",
            Kind::NotGrpc => {
                "Something else answered, such as a proxy: check that the server behind it runs."
            }
            // A call that broke off may have been counted: whether to send it again is a person's choice.
            Kind::BrokenOff => "The service may have counted the call. Send again if you like.",
            Kind::Refused => match self.code_name() {
                "INVALID_ARGUMENT" | "OUT_OF_RANGE" => "Send another number.",
                "PERMISSION_DENIED" | "UNAUTHENTICATED" => "Ask whoever runs the service for access.",
                "DEADLINE_EXCEEDED" | "RESOURCE_EXHAUSTED" | "UNAVAILABLE" => "Send again in a moment.",
                "UNIMPLEMENTED" => "Reload the page: it may be older or newer than the server.",
                _ => "The server's log says why.",
            },
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
        assert_eq!(failure.title(), "The service refused this number");
        assert_eq!(failure.words(), "number: is the largest there is");
        assert_eq!(failure.remedy(), "Send another number.");
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
        assert!(failure.remedy().contains("new tab"));
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
                assert_ne!(one.remedy(), other.remedy());
            }
        }
    }
}
