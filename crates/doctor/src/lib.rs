//! What can stand between a caller and the server, in a person's words and with its remedies: the program and the
//! page tell one story from here. Must not know how a trouble is found out; it is compiled into the page, so that
//! every text is short, and what is not asked for is not in there.

mod answer;
mod trust;
mod way;

/// What stands between a caller and an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This device has no network.
    Offline,
    /// The host's name does not resolve.
    UnknownHost,
    /// Nothing listens on the port.
    PortClosed,
    /// The host was not reached, and nothing more is known.
    Unreachable,
    /// Not reached or not let through: all that a browser tells a page at an `https://` address.
    UnreachableOrUntrusted,
    /// The file with the CA to trust cannot be used.
    NoCa,
    /// The file with the CA to trust is gone, and its key is not.
    LostCa,
    /// The port speaks something else than TLS.
    NotTls,
    /// The certificate is from a CA that is not trusted.
    Untrusted,
    /// The certificate is another host's.
    WrongName,
    /// The certificate is for no name.
    NoNames,
    /// The certificate is of an old version of X.509.
    OldCertificate,
    /// An RSA key of the certificates is too short.
    ShortKey,
    /// The CA's certificate comes before the server's.
    CaFirst,
    /// The certificate is a CA's.
    CaAsServer,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// The TLS handshake failed otherwise.
    Handshake,
    /// HTTP/2 is not spoken, which gRPC needs.
    Http1Only,
    /// The port speaks TLS, and was spoken to in clear.
    NeedsTls,
    /// The port speaks something else than HTTP.
    NotHttp,
    /// The answer is something else than gRPC.
    NotGrpc,
    /// The answer is something else than gRPC-Web.
    NotGrpcWeb,
    /// Pages of this origin may not call.
    BlockedByCors,
    /// No answer came in time.
    Deadline,
    /// The answer began and did not end, or could not be read.
    BrokenOff,
    /// The service refused what was sent.
    NumberRefused,
    /// The service refused who calls.
    NotLetIn,
    /// The service takes no calls for now.
    Unavailable,
    /// The service does not know the method.
    UnknownCall,
    /// The service failed.
    Failed,
}

/// What a person reads of a trouble.
#[derive(Debug, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// What that means: a sentence.
    pub explanation: &'static str,
    /// What to do about it, a line each, without markup; commands stand between backticks.
    pub remedies: &'static [&'static str],
    /// What it may be where nobody can tell; else empty.
    pub candidates: &'static [Candidate],
}

/// What a trouble may be.
#[derive(Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What may be wrong, in a few words.
    pub title: &'static str,
    /// What to do about it, a line each.
    pub remedies: &'static [&'static str],
}

impl Candidate {
    const fn of(advice: &'static Advice) -> Self {
        Self { title: advice.title, remedies: advice.remedies }
    }
}

impl Trouble {
    /// What to tell a person. In a `const` block, the other troubles' texts stay out of the program.
    pub const fn advice(self) -> &'static Advice {
        match self {
            Self::Offline => &way::OFFLINE,
            Self::UnknownHost => &way::UNKNOWN_HOST,
            Self::PortClosed => &way::PORT_CLOSED,
            Self::Unreachable => &way::UNREACHABLE,
            Self::UnreachableOrUntrusted => &way::UNREACHABLE_OR_UNTRUSTED,
            Self::NoCa => &way::NO_CA,
            Self::LostCa => &way::LOST_CA,
            Self::NotTls => &way::NOT_TLS,
            Self::Untrusted => &trust::UNTRUSTED,
            Self::WrongName => &trust::WRONG_NAME,
            Self::NoNames => &trust::NO_NAMES,
            Self::OldCertificate => &trust::OLD_CERTIFICATE,
            Self::ShortKey => &trust::SHORT_KEY,
            Self::CaFirst => &trust::CA_FIRST,
            Self::CaAsServer => &trust::CA_AS_SERVER,
            Self::Expired => &trust::EXPIRED,
            Self::NotYetValid => &trust::NOT_YET_VALID,
            Self::Handshake => &way::HANDSHAKE,
            Self::Http1Only => &answer::HTTP_1_ONLY,
            Self::NeedsTls => &way::NEEDS_TLS,
            Self::NotHttp => &answer::NOT_HTTP,
            Self::NotGrpc => &answer::NOT_GRPC,
            Self::NotGrpcWeb => &answer::NOT_GRPC_WEB,
            Self::BlockedByCors => &answer::BLOCKED_BY_CORS,
            Self::Deadline => &answer::DEADLINE,
            Self::BrokenOff => &answer::BROKEN_OFF,
            Self::NumberRefused => &answer::NUMBER_REFUSED,
            Self::NotLetIn => &answer::NOT_LET_IN,
            Self::Unavailable => &answer::UNAVAILABLE,
            Self::UnknownCall => &answer::UNKNOWN_CALL,
            Self::Failed => &answer::FAILED,
        }
    }
}

/// What to tell a person of a service that answered with this gRPC status code, 1 to 16.
/// <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>
pub const fn refusal(code: u8) -> &'static Advice {
    match code {
        3 | 11 => const { Trouble::NumberRefused.advice() },
        4 => const { Trouble::Deadline.advice() },
        7 | 16 => const { Trouble::NotLetIn.advice() },
        8 | 14 => const { Trouble::Unavailable.advice() },
        12 => const { Trouble::UnknownCall.advice() },
        _ => const { Trouble::Failed.advice() },
    }
}

#[cfg(test)]
mod tests {
    use super::{Trouble::*, *};

    const ALL: [Trouble; 31] = [
        Offline,
        UnknownHost,
        PortClosed,
        Unreachable,
        UnreachableOrUntrusted,
        NoCa,
        LostCa,
        NotTls,
        Untrusted,
        WrongName,
        NoNames,
        OldCertificate,
        ShortKey,
        CaFirst,
        CaAsServer,
        Expired,
        NotYetValid,
        Handshake,
        Http1Only,
        NeedsTls,
        NotHttp,
        NotGrpc,
        NotGrpcWeb,
        BlockedByCors,
        Deadline,
        BrokenOff,
        NumberRefused,
        NotLetIn,
        Unavailable,
        UnknownCall,
        Failed,
    ];

    #[test]
    fn every_trouble_has_words_of_its_own_and_a_remedy() {
        for (i, trouble) in ALL.iter().enumerate() {
            let Advice { title, explanation, remedies, .. } = trouble.advice();
            assert!(!title.is_empty() && title.len() <= 40 && !title.ends_with('.'), "{title}");
            assert!(explanation.ends_with('.') && explanation.len() <= 100, "{explanation}");
            assert!(!remedies.is_empty(), "{title}");
            for other in &ALL[i + 1..] {
                let other = other.advice();
                assert_ne!((*title, *explanation), (other.title, other.explanation));
            }
        }
    }

    #[test]
    fn commands_are_whole_and_no_markup() {
        for remedy in ALL.iter().flat_map(|trouble| trouble.advice().remedies) {
            assert_eq!(remedy.matches('`').count() % 2, 0, "{remedy}");
            assert!(!remedy.contains('<'), "{remedy}");
        }
    }

    #[test]
    fn whoever_does_not_trust_the_ca_reads_how_to_on_every_system() {
        for (system, command) in [
            ("Debian: ", "update-ca-certificates"),
            ("macOS: ", "security add-trusted-cert"),
            ("Windows: ", "certutil -addstore"),
            ("Firefox: ", "Import"),
            ("Chromium on Linux: ", "certutil -d sql:"),
        ] {
            let mut remedies = Untrusted.advice().remedies.iter();
            assert!(
                remedies.any(|remedy| remedy.starts_with(system) && remedy.contains(command)),
                "{system}"
            );
        }
    }

    #[test]
    fn only_what_cannot_be_told_apart_lists_what_it_may_be() {
        for trouble in ALL {
            let is_combined = trouble == UnreachableOrUntrusted;
            assert_eq!(!trouble.advice().candidates.is_empty(), is_combined, "{trouble:?}");
        }
        for candidate in [UnknownHost, PortClosed, Untrusted, WrongName, Expired, BlockedByCors] {
            let combined = UnreachableOrUntrusted.advice().candidates;
            assert!(combined.contains(&Candidate::of(candidate.advice())), "{candidate:?}");
        }
    }

    #[test]
    fn a_status_of_the_service_is_told_by_what_to_do_about_it() {
        for (code, trouble) in [
            (2, Failed),
            (3, NumberRefused),
            (4, Deadline),
            (7, NotLetIn),
            (8, Unavailable),
            (11, NumberRefused),
            (12, UnknownCall),
            (13, Failed),
            (14, Unavailable),
            (16, NotLetIn),
            (200, Failed),
        ] {
            assert_eq!(refusal(code), trouble.advice(), "{code}");
        }
    }
}
