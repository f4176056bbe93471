//! Remedies for errors of the library, in terms of the program's options.

use std::error::Error;

use increment_client::{ClientError, ConnectError, TargetError};
use increment_variables::SourceNames;

/// The names of options in messages: that of the variable if it set the value (`INCREMENT_URL`), else the option's
/// (`--url`).
#[derive(Debug)]
pub(crate) struct OptionNames {
    pub(crate) url: String,
    pub(crate) ca: String,
    pub(crate) cert: String,
    pub(crate) key: String,
    pub(crate) key_log: String,
    pub(crate) protocol: String,
    pub(crate) timeout: String,
}

impl OptionNames {
    pub(crate) fn new(names: &SourceNames) -> Self {
        let name = |option| names.get(option).to_owned();
        Self {
            url: name("--url"),
            ca: name("--ca"),
            cert: name("--cert"),
            key: name("--key"),
            key_log: name("--key-log"),
            protocol: name("--protocol"),
            timeout: name("--timeout"),
        }
    }

    /// Returns an error and its remedy, in one line.
    pub(crate) fn with_hint(&self, error: &(dyn Error + 'static)) -> String {
        match self.hint(error) {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        }
    }

    /// Returns the remedy for an error or one of its sources.
    pub(crate) fn hint(&self, error: &(dyn Error + 'static)) -> Option<String> {
        std::iter::successors(Some(error), |&error| error.source()).find_map(|error| {
            let call = error.downcast_ref().and_then(|error| self.call_hint(error));
            let connect = || error.downcast_ref().and_then(|error| self.connect_hint(error));
            let target = || error.downcast_ref().and_then(|error| self.target_hint(error));
            call.or_else(connect).or_else(target)
        })
    }

    fn call_hint(&self, error: &ClientError) -> Option<String> {
        let Self { cert, key, protocol, timeout, .. } = self;
        match error {
            ClientError::Target(error) => self.target_hint(error),
            ClientError::Connect(error) => self.connect_hint(error),
            ClientError::NoBidirectionalStreams => Some(format!("use {protocol} grpc")),
            ClientError::Timeout { .. } => Some(format!("{timeout} sets another timeout")),
            ClientError::NotGrpc { .. } => Some(format!("check the address in {}", self.url)),
            ClientError::Transport { url, .. } if url.starts_with("http:") => {
                Some(format!("if the server speaks TLS, use https:// in {}", self.url))
            }
            ClientError::HandshakeRejected { .. } => {
                Some(format!("{cert} and {key} name a certificate and its key"))
            }
            _ => None,
        }
    }

    fn connect_hint(&self, error: &ConnectError) -> Option<String> {
        let Self { url, ca, protocol, .. } = self;
        Some(match error {
            ConnectError::UnknownHost { .. } => format!("check the host in {url}"),
            ConnectError::Unreachable { .. } => {
                format!("check that the server is running, and the port in {url}")
            }
            ConnectError::NotTls { .. } => format!("if the server does not use TLS, use http:// in {url}"),
            ConnectError::Untrusted { .. } => format!("{ca} names the CA to trust"),
            ConnectError::WrongName { .. } => format!("use a name of the certificate in {url}"),
            ConnectError::NoHttp2 { .. } => format!("{protocol} grpc-web works without it"),
            _ => return None,
        })
    }

    fn target_hint(&self, error: &TargetError) -> Option<String> {
        match error {
            // An option is visible on the command line; a variable may have been set long ago.
            TargetError::InvalidUrl { .. } if self.url != "--url" => {
                Some(format!("it is set by {}", self.url))
            }
            TargetError::UnreadableCa { .. } => Some(format!(
                "the server creates certs/ca.pem at its first start; {} names another file",
                self.ca
            )),
            TargetError::MalformedCa { .. } => Some(format!("{} names the file", self.ca)),
            _ => None,
        }
    }
}
