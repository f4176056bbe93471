//! What was found to be wrong: what any error of a call or of the way means.

use std::{error::Error, fmt::Display, io::ErrorKind};

use increment_certs::ChainFault;
use increment_doctor::{Advice, Trouble, refusal};

use crate::{ClientError, DialError, Protocol, TargetError};

/// What is wrong, in general and in this case.
#[derive(Debug, thiserror::Error)]
#[error("{}: {seen}", advice.title)]
pub struct Finding {
    /// What to tell a person.
    pub advice: &'static Advice,
    /// What was seen: names, addresses, and what the system said.
    pub seen: String,
    /// The error of a step or of a call that showed it, if it was one.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Finding {
    pub(crate) fn new(trouble: Trouble, seen: impl Display) -> Self {
        Self { advice: trouble.advice(), seen: seen.to_string(), source: None }
    }

    fn of(advice: &'static Advice, error: impl Error + Send + Sync + 'static) -> Self {
        Self { advice, seen: error.to_string(), source: Some(Box::new(error)) }
    }

    pub(crate) fn no_ca(error: TargetError) -> Self {
        let trouble = match error {
            TargetError::LostCa { .. } => Trouble::LostCa,
            TargetError::FaultyCa { fault, .. } => trouble_of_chain(fault),
            _ => Trouble::NoCa,
        };
        Self::of(trouble.advice(), error)
    }

    /// What an error of a call by this protocol means.
    pub(crate) fn of_call(error: ClientError, protocol: Protocol) -> Self {
        let trouble = match &error {
            ClientError::Target(_) => Trouble::NoCa,
            ClientError::Dial(error) => trouble_on_the_way(error),
            ClientError::NoAnswer { .. } | ClientError::Quiet { .. } => Trouble::Deadline,
            ClientError::NotGrpc { .. } if protocol == Protocol::Grpc => Trouble::NotGrpc,
            ClientError::NotGrpc { .. } => Trouble::NotGrpcWeb,
            ClientError::Broken { .. } => Trouble::BrokenOff,
            ClientError::Unidentified { .. } => Trouble::NotLetIn,
            ClientError::Refused(status) => {
                // A status code is 0 to 16 by its type.
                return Self::of(refusal(status.code() as u8), error);
            }
            ClientError::OneWay => Trouble::Failed,
        };
        Self::of(trouble.advice(), error)
    }
}

impl From<DialError> for Finding {
    fn from(error: DialError) -> Self {
        Self::of(trouble_on_the_way(&error).advice(), error)
    }
}

fn trouble_on_the_way(error: &DialError) -> Trouble {
    match error {
        DialError::UnknownHost { .. } => Trouble::UnknownHost,
        DialError::Unreachable { source, .. } if source.kind() == ErrorKind::ConnectionRefused => {
            Trouble::PortClosed
        }
        DialError::Unreachable { .. } => Trouble::Unreachable,
        DialError::NoAnswer { .. } => Trouble::Deadline,
        DialError::NotTls { .. } => Trouble::NotTls,
        DialError::Untrusted { .. } => Trouble::Untrusted,
        DialError::WrongName { .. } => Trouble::WrongName,
        DialError::Expired { .. } => Trouble::Expired,
        DialError::NotYetValid { .. } => Trouble::NotYetValid,
        &DialError::Faulty { fault, .. } => trouble_of_chain(fault),
        DialError::Tls { .. } => Trouble::Handshake,
        DialError::NoHttp2 { .. } => Trouble::Http1Only,
    }
}

fn trouble_of_chain(fault: ChainFault) -> Trouble {
    match fault {
        ChainFault::OldVersion { .. } => Trouble::OldCertificate,
        ChainFault::ShortRsaKey { .. } => Trouble::ShortKey,
        ChainFault::CaFirst => Trouble::CaFirst,
        ChainFault::IsCa => Trouble::CaAsServer,
        ChainFault::NoNames => Trouble::NoNames,
        _ => Trouble::Handshake,
    }
}
