//! The list of problems, and the explanation of each.

use crate::{certificate, explanation::Explanation, network, response};

/// A problem between a client and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// This device has no network.
    Offline,
    /// The host's name does not resolve.
    UnknownHost,
    /// The connection was refused: nothing listens on the port.
    PortClosed,
    /// The host is unreachable, for an unknown reason.
    Unreachable,
    /// Unreachable, or blocked by TLS or CORS: browsers do not tell a page which, at an `https://` address.
    UnreachableOrUntrusted,
    /// The CA file cannot be read.
    CaUnreadable,
    /// The CA file is missing, but its key is present.
    CaMissing,
    /// The port does not speak TLS.
    NotTls,
    /// The certificate was issued by an untrusted CA.
    Untrusted,
    /// The certificate does not name the host.
    NameMismatch,
    /// The certificate has no subjectAltName.
    NoSubjectAltName,
    /// The certificate is X.509 version 1.
    CertificateV1,
    /// An RSA key in the chain is too short.
    ShortKey,
    /// The CA's certificate precedes the server's in the chain.
    CaFirst,
    /// The server's certificate is a CA certificate.
    CaUsedAsEndEntity,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The TLS handshake failed for another reason.
    HandshakeFailed,
    /// The port does not speak HTTP/2, which gRPC requires.
    Http1Only,
    /// The port requires TLS, but the client sent plaintext.
    TlsRequired,
    /// The port does not speak HTTP.
    NotHttp,
    /// The response is not gRPC.
    NotGrpc,
    /// The response is not gRPC-Web.
    NotGrpcWeb,
    /// CORS blocks calls from this origin.
    BlockedByCors,
    /// No response arrived before the deadline.
    DeadlineExceeded,
    /// The response is truncated or could not be decoded.
    IncompleteResponse,
    /// The service rejected the number.
    NumberRejected,
    /// The service rejected the caller.
    PermissionDenied,
    /// The service is unavailable.
    Unavailable,
    /// The service does not implement the method.
    Unimplemented,
    /// The service failed.
    ServiceFailed,
}

impl Problem {
    /// Returns the explanation. In a `const` block, the texts of the other problems are not linked.
    pub const fn explanation(self) -> &'static Explanation {
        match self {
            Self::Offline => &network::OFFLINE,
            Self::UnknownHost => &network::UNKNOWN_HOST,
            Self::PortClosed => &network::PORT_CLOSED,
            Self::Unreachable => &network::UNREACHABLE,
            Self::UnreachableOrUntrusted => &network::UNREACHABLE_OR_UNTRUSTED,
            Self::CaUnreadable => &network::CA_UNREADABLE,
            Self::CaMissing => &network::CA_MISSING,
            Self::NotTls => &network::NOT_TLS,
            Self::Untrusted => &certificate::UNTRUSTED,
            Self::NameMismatch => &certificate::NAME_MISMATCH,
            Self::NoSubjectAltName => &certificate::NO_SUBJECT_ALT_NAME,
            Self::CertificateV1 => &certificate::CERTIFICATE_V1,
            Self::ShortKey => &certificate::SHORT_KEY,
            Self::CaFirst => &certificate::CA_FIRST,
            Self::CaUsedAsEndEntity => &certificate::CA_USED_AS_END_ENTITY,
            Self::Expired => &certificate::EXPIRED,
            Self::NotYetValid => &certificate::NOT_YET_VALID,
            Self::HandshakeFailed => &network::HANDSHAKE_FAILED,
            Self::Http1Only => &response::HTTP_1_ONLY,
            Self::TlsRequired => &network::TLS_REQUIRED,
            Self::NotHttp => &network::NOT_HTTP,
            Self::NotGrpc => &response::NOT_GRPC,
            Self::NotGrpcWeb => &response::NOT_GRPC_WEB,
            Self::BlockedByCors => &response::BLOCKED_BY_CORS,
            Self::DeadlineExceeded => &response::DEADLINE_EXCEEDED,
            Self::IncompleteResponse => &response::INCOMPLETE_RESPONSE,
            Self::NumberRejected => &response::NUMBER_REJECTED,
            Self::PermissionDenied => &response::PERMISSION_DENIED,
            Self::Unavailable => &response::UNAVAILABLE,
            Self::Unimplemented => &response::UNIMPLEMENTED,
            Self::ServiceFailed => &response::SERVICE_FAILED,
        }
    }
}

/// Returns the explanation of a gRPC status code, 1 to 16, that the service returned.
/// <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>
pub const fn explain_status(code: u8) -> &'static Explanation {
    match code {
        3 | 11 => const { Problem::NumberRejected.explanation() },
        4 => const { Problem::DeadlineExceeded.explanation() },
        7 | 16 => const { Problem::PermissionDenied.explanation() },
        8 | 14 => const { Problem::Unavailable.explanation() },
        12 => const { Problem::Unimplemented.explanation() },
        _ => const { Problem::ServiceFailed.explanation() },
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem::*, *};
    use crate::explanation::PossibleCause;

    const ALL: [Problem; 31] = [
        Offline,
        UnknownHost,
        PortClosed,
        Unreachable,
        UnreachableOrUntrusted,
        CaUnreadable,
        CaMissing,
        NotTls,
        Untrusted,
        NameMismatch,
        NoSubjectAltName,
        CertificateV1,
        ShortKey,
        CaFirst,
        CaUsedAsEndEntity,
        Expired,
        NotYetValid,
        HandshakeFailed,
        Http1Only,
        TlsRequired,
        NotHttp,
        NotGrpc,
        NotGrpcWeb,
        BlockedByCors,
        DeadlineExceeded,
        IncompleteResponse,
        NumberRejected,
        PermissionDenied,
        Unavailable,
        Unimplemented,
        ServiceFailed,
    ];

    #[test]
    fn every_problem_has_its_own_text_and_a_remedy() {
        for (i, problem) in ALL.iter().enumerate() {
            let Explanation { title, explanation, remedies, .. } = problem.explanation();
            assert!(!title.is_empty() && title.len() <= 40 && !title.ends_with('.'), "{title}");
            assert!(explanation.ends_with('.') && explanation.len() <= 100, "{explanation}");
            assert!(!remedies.is_empty(), "{title}");
            for other in &ALL[i + 1..] {
                let other = other.explanation();
                assert_ne!((*title, *explanation), (other.title, other.explanation));
            }
        }
    }

    #[test]
    fn commands_are_complete_and_texts_have_no_markup() {
        for remedy in ALL.iter().flat_map(|problem| problem.explanation().remedies) {
            assert_eq!(remedy.matches('`').count() % 2, 0, "{remedy}");
            assert!(!remedy.contains('<'), "{remedy}");
        }
    }

    #[test]
    fn an_untrusted_ca_has_a_remedy_for_every_system() {
        for (system, command) in [
            ("Debian: ", "update-ca-certificates"),
            ("macOS: ", "security add-trusted-cert"),
            ("Windows: ", "certutil -addstore"),
            ("Firefox: ", "Import"),
            ("Chromium on Linux: ", "certutil -d sql:"),
        ] {
            let mut remedies = Untrusted.explanation().remedies.iter();
            assert!(
                remedies.any(|remedy| remedy.starts_with(system) && remedy.contains(command)),
                "{system}"
            );
        }
    }

    #[test]
    fn only_an_ambiguous_problem_lists_possible_causes() {
        for problem in ALL {
            let is_ambiguous = problem == UnreachableOrUntrusted;
            assert_eq!(!problem.explanation().possible_causes.is_empty(), is_ambiguous, "{problem:?}");
        }
        for cause in [UnknownHost, PortClosed, Untrusted, NameMismatch, Expired, BlockedByCors] {
            let causes = UnreachableOrUntrusted.explanation().possible_causes;
            assert!(causes.contains(&PossibleCause::new(cause.explanation())), "{cause:?}");
        }
    }

    #[test]
    fn a_status_code_is_explained_by_its_problem() {
        for (code, problem) in [
            (2, ServiceFailed),
            (3, NumberRejected),
            (4, DeadlineExceeded),
            (7, PermissionDenied),
            (8, Unavailable),
            (11, NumberRejected),
            (12, Unimplemented),
            (13, ServiceFailed),
            (14, Unavailable),
            (16, PermissionDenied),
            (200, ServiceFailed),
        ] {
            assert_eq!(explain_status(code), problem.explanation(), "{code}");
        }
    }
}
