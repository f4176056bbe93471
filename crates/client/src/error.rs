//! Why a call failed. Each variant is one line for a person.

use std::{error::Error, sync::Arc, time::Duration};

use tonic::Status;
use tonic_types::StatusExt;

use crate::{alert, causes, connect_error::ConnectError, response::NotGrpc, target::TargetError};

/// The prefix of tonic-web's error messages, which have no sources.
const TONIC_WEB: &str = "tonic-web: ";

/// In hyper's message for an HTTP/2 PING that was not acknowledged, and the system's for a TCP segment.
const TIMED_OUT: &str = "timed out";

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The target is invalid.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The protocol has no bidirectional streams (gRPC's PROTOCOL-WEB).
    #[error("gRPC-Web does not support bidirectional streams")]
    NoBidirectionalStreams,
    /// No connection was established.
    #[error(transparent)]
    Connect(Arc<ConnectError>),
    /// The response did not arrive within the timeout of the call.
    #[error("{url} did not respond within {timeout:?}")]
    Timeout {
        /// The server.
        url: String,
        /// The timeout, as set by [`Client::with_timeout`](crate::Client::with_timeout).
        timeout: Duration,
    },
    /// The response is not one of a gRPC server.
    #[error("{url} is not a gRPC server: its response is {response}")]
    NotGrpc {
        /// The server.
        url: String,
        /// The HTTP status and the content type.
        response: String,
    },
    /// The connection was lost, or the server does not speak HTTP.
    #[error(
        "the connection to {url} was lost, or the server does not speak the expected HTTP version: {reason}"
    )]
    Transport {
        /// The server.
        url: String,
        /// The error of the transport.
        reason: String,
    },
    /// The keep-alive pings of the connection were not acknowledged ([`KeepAlive`](crate::KeepAlive)).
    #[error("the connection to {url} timed out: keep-alive pings are not acknowledged")]
    KeepAliveTimeout {
        /// The server.
        url: String,
    },
    /// The server rejected the TLS handshake for the client certificate, or the lack of one.
    #[error("{url} {reason}")]
    HandshakeRejected {
        /// The server.
        url: String,
        /// What the server's TLS alert means.
        reason: &'static str,
    },
    /// The service returned an error status.
    #[error("{}", status_text(.0))]
    Status(Box<Status>),
}

impl ClientError {
    /// Distinguishes the errors of the connection, of the transport and of the service.
    pub(crate) fn from_status(url: &str, status: Status) -> Self {
        let url = url.to_owned();
        if let Some(error) = status.source().and_then(causes::find::<Arc<ConnectError>>) {
            Self::Connect(Arc::clone(error))
        } else if let Some(response) = status.source().and_then(causes::find::<NotGrpc>) {
            Self::NotGrpc { url, response: response.to_string() }
        } else if let Some(source) = status.source() {
            let error = causes::messages(source);
            match alert::meaning(&error) {
                Some(reason) => Self::HandshakeRejected { url, reason },
                None => Self::transport(url, error),
            }
        } else if let Some(reason) = status.message().strip_prefix(TONIC_WEB) {
            Self::transport(url, reason.into())
        } else {
            Self::Status(Box::new(status))
        }
    }

    pub(crate) fn timeout(url: &str, timeout: Duration) -> Self {
        Self::Timeout { url: url.into(), timeout }
    }

    fn transport(url: String, reason: String) -> Self {
        if reason.contains(TIMED_OUT) {
            Self::KeepAliveTimeout { url }
        } else {
            Self::Transport { url, reason }
        }
    }
}

/// Returns code, message and invalid fields (`google.rpc.BadRequest`) of a status.
fn status_text(status: &Status) -> String {
    let violations = status.get_details_bad_request().map(|details| details.field_violations);
    let fields: Vec<_> = violations.into_iter().flatten().map(|violation| violation.field).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" (field {})", fields.join(", ")) };
    format!("{}: {}{fields}", code_name(status.code()), status.message())
}

/// Returns the name of a status code in the gRPC specification.
fn code_name(code: tonic::Code) -> String {
    let mut name = String::new();
    for character in format!("{code:?}").chars() {
        if character.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use std::{io, path::PathBuf};

    use super::*;

    fn connect_errors() -> [ConnectError; 10] {
        let (address, host, ca) =
            (|| "localhost:5000".to_owned(), || "localhost".to_owned(), || PathBuf::from("ca.pem"));
        let source = || io::Error::from(io::ErrorKind::NotFound);
        [
            ConnectError::UnknownHost { host: host(), source: source() },
            ConnectError::Unreachable { address: address(), source: source() },
            ConnectError::Timeout { address: address() },
            ConnectError::NotTls { address: address() },
            ConnectError::Untrusted { address: address(), ca: ca() },
            ConnectError::WrongName { address: address(), host: host() },
            ConnectError::Expired { address: address() },
            ConnectError::NotYetValid { address: address() },
            ConnectError::Handshake { address: address(), source: source() },
            ConnectError::NoHttp2 { address: address() },
        ]
    }

    fn texts() -> Vec<String> {
        let path = || PathBuf::from("ca.pem");
        let target_errors = [
            TargetError::InvalidUrl { url: "localhost".into() },
            TargetError::UnreadableCa { path: path(), source: io::ErrorKind::NotFound.into() },
            TargetError::MalformedCa { path: path() },
        ];
        let url = || "https://localhost:5000/".to_owned();
        let call_errors = [
            ClientError::NoBidirectionalStreams,
            ClientError::timeout(&url(), Duration::from_secs(1)),
            ClientError::NotGrpc { url: url(), response: "HTTP 404".into() },
            ClientError::transport(url(), "frame with invalid size".into()),
            ClientError::transport(url(), "keep-alive timed out".into()),
            ClientError::Status(Box::new(Status::out_of_range("too large"))),
        ];
        let alerts = alert::meanings().map(|reason| ClientError::HandshakeRejected { url: url(), reason });
        let connect_errors = connect_errors().map(|error| ClientError::Connect(Arc::new(error)));
        let target_errors = target_errors.map(ClientError::Target);
        let all = connect_errors.into_iter().chain(target_errors).chain(call_errors).chain(alerts);
        all.map(|error| error.to_string()).collect()
    }

    #[test]
    fn errors_of_the_library_do_not_mention_options_of_the_program() {
        for text in texts() {
            assert!(!text.contains("--") && !text.contains("INCREMENT_"), "{text}");
        }
    }

    #[test]
    fn each_error_is_one_distinct_line() {
        let texts = texts();
        for (index, text) in texts.iter().enumerate() {
            assert!(!text.contains('\n') && !texts[..index].contains(text), "{text}");
        }
    }
}
