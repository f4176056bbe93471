//! What can come of a call but its answer, told to a person.

use std::{error::Error, sync::Arc, time::Duration};

use tonic::Status;
use tonic_types::StatusExt;

use crate::{DialError, TargetError, alert, transport::NotGrpc};

/// How the messages of gRPC-Web's layer begin, which gives no causes.
const GRPC_WEB: &str = "tonic-web: ";

/// How hyper words an HTTP/2 PING without an answer in time, and the system a TCP segment without one.
const TIMED_OUT: &str = "timed out";

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server cannot be called at all.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The protocol carries no bidirectional stream (gRPC's PROTOCOL-WEB).
    #[error("gRPC-Web carries no bidirectional stream")]
    OneWay,
    /// There is no connection.
    #[error(transparent)]
    Dial(Arc<DialError>),
    /// There is a connection, and no answer within the limit of the call.
    #[error("{url} did not answer within {limit:?}")]
    NoAnswer {
        /// The server.
        url: String,
        /// The limit, as [`Client::with_limit`](crate::Client::with_limit) sets it.
        limit: Duration,
    },
    /// What answered is no gRPC server.
    #[error("{url} is not a gRPC server: it answered {answer}")]
    NotGrpc {
        /// The server.
        url: String,
        /// The HTTP status and the content type.
        answer: String,
    },
    /// The connection broke, or was never one of HTTP.
    #[error("{url} broke the connection off or does not speak HTTP as expected: {reason}")]
    Broken {
        /// The server.
        url: String,
        /// What was wrong.
        reason: String,
    },
    /// The connection has gone quiet: not even the pings on it are answered ([`KeepAlive`](crate::KeepAlive)).
    #[error("{url} has gone quiet: it no longer answers keep-alive pings")]
    Quiet {
        /// The server.
        url: String,
    },
    /// The server wants to know who calls, or does not want this caller: it refused the handshake.
    #[error("{url} {wish}")]
    Unidentified {
        /// The server.
        url: String,
        /// What it asks for.
        wish: &'static str,
    },
    /// The service answered with an error.
    #[error("{}", refusal(.0))]
    Refused(Box<Status>),
}

impl ClientError {
    /// Tells apart who failed: the way there, what is there, or the service.
    pub(crate) fn of(url: &str, status: Status) -> Self {
        let url = url.to_owned();
        if let Some(error) = cause::<Arc<DialError>>(&status) {
            Self::Dial(Arc::clone(error))
        } else if let Some(answer) = cause::<NotGrpc>(&status) {
            Self::NotGrpc { url, answer: answer.to_string() }
        } else if let Some(source) = status.source() {
            let reason = causes(source);
            match alert::wish(&reason) {
                Some(wish) => Self::Unidentified { url, wish },
                None => Self::broken(url, reason),
            }
        } else if let Some(reason) = status.message().strip_prefix(GRPC_WEB) {
            Self::broken(url, reason.into())
        } else {
            Self::Refused(Box::new(status))
        }
    }

    pub(crate) fn no_answer(url: &str, limit: Duration) -> Self {
        Self::NoAnswer { url: url.into(), limit }
    }

    fn broken(url: String, reason: String) -> Self {
        if reason.contains(TIMED_OUT) { Self::Quiet { url } } else { Self::Broken { url, reason } }
    }
}

/// The cause of this type, however deep.
fn cause<E: Error + 'static>(status: &Status) -> Option<&E> {
    chain(status.source()?).find_map(|error| error.downcast_ref())
}

/// An error and its causes, for a person.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An error and its causes.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// A refusal in the words of the service, with its code and the fields it names.
fn refusal(status: &Status) -> String {
    let violations = status.get_details_bad_request().map(|details| details.field_violations);
    let fields: Vec<_> = violations.into_iter().flatten().map(|violation| violation.field).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" (field {})", fields.join(", ")) };
    format!("{}: {}{fields}", code_name(status.code()), status.message())
}

/// The name of a code as the gRPC specification writes it.
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

    fn texts() -> Vec<String> {
        let (address, host, ca) =
            (|| "localhost:5000".to_owned(), || "localhost".to_owned(), || PathBuf::from("ca.pem"));
        let source = || io::Error::from(io::ErrorKind::NotFound);
        let of_connection = [
            DialError::UnknownHost { host: host(), source: source() },
            DialError::Unreachable { address: address(), source: source() },
            DialError::NoAnswer { address: address() },
            DialError::NotTls { address: address() },
            DialError::Untrusted { address: address(), ca: ca() },
            DialError::WrongName { address: address(), host: host() },
            DialError::Expired { address: address() },
            DialError::NotYetValid { address: address() },
            DialError::Tls { address: address(), source: source() },
            DialError::NoHttp2 { address: address() },
        ];
        let of_target = [
            TargetError::Url { url: host() },
            TargetError::UnreadableCa { path: ca(), source: source() },
            TargetError::MalformedCa { path: ca() },
        ];
        let url = || "https://localhost:5000/".to_owned();
        let of_call = [
            ClientError::OneWay,
            ClientError::no_answer(&url(), Duration::from_secs(1)),
            ClientError::NotGrpc { url: url(), answer: "HTTP 404".into() },
            ClientError::broken(url(), "frame with invalid size".into()),
            ClientError::broken(url(), "keep-alive timed out".into()),
            ClientError::Refused(Box::new(Status::out_of_range("too large"))),
        ];
        let of_alerts = alert::wishes().map(|wish| ClientError::Unidentified { url: url(), wish });
        let of_connection = of_connection.map(|error| ClientError::Dial(Arc::new(error)));
        let of_target = of_target.map(ClientError::Target);
        let all = of_connection.into_iter().chain(of_target).chain(of_call).chain(of_alerts);
        all.map(|error| error.to_string()).collect()
    }

    #[test]
    fn the_librarys_errors_speak_of_the_target_and_not_of_options() {
        for text in texts() {
            assert!(!text.contains("--") && !text.contains("INCREMENT_"), "{text}");
        }
    }

    #[test]
    fn each_error_is_a_line_of_its_own() {
        let texts = texts();
        for (index, text) in texts.iter().enumerate() {
            assert!(!text.contains('\n') && !texts[..index].contains(text), "{text}");
        }
    }
}
