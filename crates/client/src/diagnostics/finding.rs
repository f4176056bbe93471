//! Maps the errors of calls and connections to the problems that `increment-doctor` explains.

use std::{error::Error, fmt::Display, io::ErrorKind};

use increment_certs::ChainFault;
use increment_doctor::{Advice, Trouble, refusal};

use crate::{connect_error::ConnectError, error::ClientError, protocol::Protocol, target::TargetError};

/// A problem: its general explanation, and what was observed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {observed}", advice.title)]
pub struct Finding {
    /// The explanation and the remedies.
    pub advice: &'static Advice,
    /// What was observed: names, addresses and error messages.
    pub observed: String,
    /// The error of the failed step, if it had one.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Finding {
    pub(super) fn new(problem: Trouble, observed: impl Display) -> Self {
        Self { advice: problem.advice(), observed: observed.to_string(), source: None }
    }

    fn from_error(advice: &'static Advice, error: impl Error + Send + Sync + 'static) -> Self {
        Self { advice, observed: error.to_string(), source: Some(Box::new(error)) }
    }

    pub(super) fn from_target(error: TargetError) -> Self {
        let problem = match error {
            TargetError::MissingCa { .. } => Trouble::LostCa,
            TargetError::InvalidCa { fault, .. } => chain_problem(fault),
            _ => Trouble::NoCa,
        };
        Self::from_error(problem.advice(), error)
    }

    /// Returns the problem behind an error of a call by this protocol.
    pub(super) fn from_call(error: ClientError, protocol: Protocol) -> Self {
        let problem = match &error {
            ClientError::Target(_) => Trouble::NoCa,
            ClientError::Connect(error) => connect_problem(error),
            ClientError::Timeout { .. } | ClientError::KeepAliveTimeout { .. } => Trouble::Deadline,
            ClientError::NotGrpc { .. } if protocol == Protocol::Grpc => Trouble::NotGrpc,
            ClientError::NotGrpc { .. } => Trouble::NotGrpcWeb,
            ClientError::Transport { .. } => Trouble::BrokenOff,
            ClientError::HandshakeRejected { .. } => Trouble::NotLetIn,
            ClientError::Status(status) => {
                // A status code is 0 to 16 by its type.
                return Self::from_error(refusal(status.code() as u8), error);
            }
            ClientError::NoBidirectionalStreams => Trouble::Failed,
        };
        Self::from_error(problem.advice(), error)
    }
}

impl From<ConnectError> for Finding {
    fn from(error: ConnectError) -> Self {
        Self::from_error(connect_problem(&error).advice(), error)
    }
}

fn connect_problem(error: &ConnectError) -> Trouble {
    match error {
        ConnectError::UnknownHost { .. } => Trouble::UnknownHost,
        ConnectError::Unreachable { source, .. } if source.kind() == ErrorKind::ConnectionRefused => {
            Trouble::PortClosed
        }
        ConnectError::Unreachable { .. } => Trouble::Unreachable,
        ConnectError::Timeout { .. } => Trouble::Deadline,
        ConnectError::NotTls { .. } => Trouble::NotTls,
        ConnectError::Untrusted { .. } => Trouble::Untrusted,
        ConnectError::WrongName { .. } => Trouble::WrongName,
        ConnectError::Expired { .. } => Trouble::Expired,
        ConnectError::NotYetValid { .. } => Trouble::NotYetValid,
        &ConnectError::InvalidChain { fault, .. } => chain_problem(fault),
        ConnectError::Handshake { .. } => Trouble::Handshake,
        ConnectError::NoHttp2 { .. } => Trouble::Http1Only,
    }
}

fn chain_problem(fault: ChainFault) -> Trouble {
    match fault {
        ChainFault::OldVersion { .. } => Trouble::OldCertificate,
        ChainFault::ShortRsaKey { .. } => Trouble::ShortKey,
        ChainFault::CaFirst => Trouble::CaFirst,
        ChainFault::IsCa => Trouble::CaAsServer,
        ChainFault::NoNames => Trouble::NoNames,
        _ => Trouble::Handshake,
    }
}
