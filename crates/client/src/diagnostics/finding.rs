//! Maps the errors of calls and connections to the problems that `increment-doctor` explains.

use std::{error::Error, fmt::Display, io::ErrorKind};

use increment_certs::ChainFault;
use increment_doctor::{Explanation, Problem, explain_status};

use crate::{connect_error::ConnectError, error::ClientError, protocol::Protocol, target::TargetError};

/// A problem: its general explanation, and what was observed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {observed}", explanation.title)]
pub struct Finding {
    /// The explanation and the remedies.
    pub explanation: &'static Explanation,
    /// What was observed: names, addresses and error messages.
    pub observed: String,
    /// The error of the failed step, if it had one.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl Finding {
    pub(super) fn new(problem: Problem, observed: impl Display) -> Self {
        Self { explanation: problem.explanation(), observed: observed.to_string(), source: None }
    }

    fn from_error(explanation: &'static Explanation, error: impl Error + Send + Sync + 'static) -> Self {
        Self { explanation, observed: error.to_string(), source: Some(Box::new(error)) }
    }

    pub(super) fn from_target(error: TargetError) -> Self {
        let problem = match error {
            TargetError::MissingCa { .. } => Problem::CaMissing,
            TargetError::InvalidCa { fault, .. } => chain_problem(fault),
            _ => Problem::CaUnreadable,
        };
        Self::from_error(problem.explanation(), error)
    }

    /// Returns the problem behind an error of a call by this protocol.
    pub(super) fn from_call(error: ClientError, protocol: Protocol) -> Self {
        let problem = match &error {
            ClientError::Target(_) => Problem::CaUnreadable,
            ClientError::Connect(error) => connect_problem(error),
            ClientError::Timeout { .. } | ClientError::KeepAliveTimeout { .. } => Problem::DeadlineExceeded,
            ClientError::NotGrpc { .. } if protocol == Protocol::Grpc => Problem::NotGrpc,
            ClientError::NotGrpc { .. } => Problem::NotGrpcWeb,
            ClientError::Transport { .. } => Problem::IncompleteResponse,
            ClientError::HandshakeRejected { .. } => Problem::PermissionDenied,
            ClientError::Status(status) => {
                // A status code is 0 to 16 by its type.
                return Self::from_error(explain_status(status.code() as u8), error);
            }
            ClientError::NoBidirectionalStreams => Problem::ServiceFailed,
        };
        Self::from_error(problem.explanation(), error)
    }
}

impl From<ConnectError> for Finding {
    fn from(error: ConnectError) -> Self {
        Self::from_error(connect_problem(&error).explanation(), error)
    }
}

fn connect_problem(error: &ConnectError) -> Problem {
    match error {
        ConnectError::UnknownHost { .. } => Problem::UnknownHost,
        ConnectError::Unreachable { source, .. } if source.kind() == ErrorKind::ConnectionRefused => {
            Problem::PortClosed
        }
        ConnectError::Unreachable { .. } => Problem::Unreachable,
        ConnectError::Timeout { .. } => Problem::DeadlineExceeded,
        ConnectError::NotTls { .. } => Problem::NotTls,
        ConnectError::Untrusted { .. } => Problem::Untrusted,
        ConnectError::WrongName { .. } => Problem::NameMismatch,
        ConnectError::Expired { .. } => Problem::Expired,
        ConnectError::NotYetValid { .. } => Problem::NotYetValid,
        &ConnectError::InvalidChain { fault, .. } => chain_problem(fault),
        ConnectError::Handshake { .. } => Problem::HandshakeFailed,
        ConnectError::NoHttp2 { .. } => Problem::Http1Only,
    }
}

fn chain_problem(fault: ChainFault) -> Problem {
    match fault {
        ChainFault::OldVersion { .. } => Problem::CertificateV1,
        ChainFault::ShortRsaKey { .. } => Problem::ShortKey,
        ChainFault::CaFirst => Problem::CaFirst,
        ChainFault::IsCa => Problem::CaUsedAsEndEntity,
        ChainFault::NoNames => Problem::NoSubjectAltName,
        _ => Problem::HandshakeFailed,
    }
}
