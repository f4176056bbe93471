//! What was found to be wrong: what any error of a call or of the way means.

use std::{error::Error, fmt::Display, io::ErrorKind};

use increment_certs::ChainFault;
use increment_doctor::{Explanation, Problem, explain_status};

use crate::{ClientError, DialError, Protocol, TargetError};

/// What is wrong, in general and in this case.
#[derive(Debug, thiserror::Error)]
#[error("{}: {seen}", advice.title)]
pub struct Finding {
    /// What to tell a person.
    pub advice: &'static Explanation,
    /// What was seen: names, addresses, and what the system said.
    pub seen: String,
    /// The error of a step or of a call that showed it, if it was one.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Finding {
    pub(crate) fn new(trouble: Problem, seen: impl Display) -> Self {
        Self { advice: trouble.explanation(), seen: seen.to_string(), source: None }
    }

    fn of(advice: &'static Explanation, error: impl Error + Send + Sync + 'static) -> Self {
        Self { advice, seen: error.to_string(), source: Some(Box::new(error)) }
    }

    pub(crate) fn no_ca(error: TargetError) -> Self {
        let trouble = match error {
            TargetError::LostCa { .. } => Problem::CaMissing,
            TargetError::FaultyCa { fault, .. } => trouble_of_chain(fault),
            _ => Problem::CaUnreadable,
        };
        Self::of(trouble.explanation(), error)
    }

    /// What an error of a call by this protocol means.
    pub(crate) fn of_call(error: ClientError, protocol: Protocol) -> Self {
        let trouble = match &error {
            ClientError::Target(_) => Problem::CaUnreadable,
            ClientError::Dial(error) => trouble_on_the_way(error),
            ClientError::NoAnswer { .. } | ClientError::Quiet { .. } => Problem::DeadlineExceeded,
            ClientError::NotGrpc { .. } if protocol == Protocol::Grpc => Problem::NotGrpc,
            ClientError::NotGrpc { .. } => Problem::NotGrpcWeb,
            ClientError::Broken { .. } => Problem::IncompleteResponse,
            ClientError::Unidentified { .. } => Problem::PermissionDenied,
            ClientError::Refused(status) => {
                // A status code is 0 to 16 by its type.
                return Self::of(explain_status(status.code() as u8), error);
            }
            ClientError::OneWay => Problem::ServiceFailed,
        };
        Self::of(trouble.explanation(), error)
    }
}

impl From<DialError> for Finding {
    fn from(error: DialError) -> Self {
        Self::of(trouble_on_the_way(&error).explanation(), error)
    }
}

fn trouble_on_the_way(error: &DialError) -> Problem {
    match error {
        DialError::UnknownHost { .. } => Problem::UnknownHost,
        DialError::Unreachable { source, .. } if source.kind() == ErrorKind::ConnectionRefused => {
            Problem::PortClosed
        }
        DialError::Unreachable { .. } => Problem::Unreachable,
        DialError::NoAnswer { .. } => Problem::DeadlineExceeded,
        DialError::NotTls { .. } => Problem::NotTls,
        DialError::Untrusted { .. } => Problem::Untrusted,
        DialError::WrongName { .. } => Problem::NameMismatch,
        DialError::Expired { .. } => Problem::Expired,
        DialError::NotYetValid { .. } => Problem::NotYetValid,
        &DialError::Faulty { fault, .. } => trouble_of_chain(fault),
        DialError::Tls { .. } => Problem::HandshakeFailed,
        DialError::NoHttp2 { .. } => Problem::Http1Only,
    }
}

fn trouble_of_chain(fault: ChainFault) -> Problem {
    match fault {
        ChainFault::OldVersion { .. } => Problem::CertificateV1,
        ChainFault::ShortRsaKey { .. } => Problem::ShortKey,
        ChainFault::CaFirst => Problem::CaFirst,
        ChainFault::IsCa => Problem::CaUsedAsEndEntity,
        ChainFault::NoNames => Problem::NoSubjectAltName,
        _ => Problem::HandshakeFailed,
    }
}
