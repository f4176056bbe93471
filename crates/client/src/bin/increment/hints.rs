//! What to do about an error of the library, in terms of this program's options. Independent of which command failed.

use std::error::Error;

use increment_client::{ClientError, DialError, TargetError};

/// What gave each of these options its value, as a message calls it: `--url` or `INCREMENT_URL`.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) url: String,
    pub(crate) ca: String,
    pub(crate) cert: String,
    pub(crate) key: String,
    pub(crate) key_log: String,
    pub(crate) protocol: String,
    pub(crate) timeout: String,
}

impl Names {
    pub(crate) fn of(name: impl Fn(&str) -> String) -> Self {
        Self {
            url: name("url"),
            ca: name("ca"),
            cert: name("cert"),
            key: name("key"),
            key_log: name("key_log"),
            protocol: name("protocol"),
            timeout: name("timeout"),
        }
    }

    /// An error and what to do about it, in a line.
    pub(crate) fn explain(&self, error: &(dyn Error + 'static)) -> String {
        match self.hint(error) {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        }
    }

    /// What to do about an error, or about what caused it.
    pub(crate) fn hint(&self, error: &(dyn Error + 'static)) -> Option<String> {
        std::iter::successors(Some(error), |&error| error.source()).find_map(|error| {
            let of_call = error.downcast_ref().and_then(|error| self.of_call(error));
            let of_connection = || error.downcast_ref().and_then(|error| self.of_connection(error));
            let of_target = || error.downcast_ref().and_then(|error| self.of_target(error));
            of_call.or_else(of_connection).or_else(of_target)
        })
    }

    fn of_call(&self, error: &ClientError) -> Option<String> {
        let Self { url: at, cert, key, protocol, timeout, .. } = self;
        match error {
            ClientError::Target(error) => self.of_target(error),
            ClientError::Dial(error) => self.of_connection(error),
            ClientError::OneWay => Some(format!("{protocol} grpc does")),
            ClientError::NoAnswer { .. } => Some(format!("{timeout} allows more")),
            ClientError::NotGrpc { .. } => Some(format!("is the address in {at} right?")),
            ClientError::Broken { url, .. } if url.starts_with("http:") => {
                Some(format!("if it speaks TLS, write https:// in {at}"))
            }
            ClientError::Unidentified { .. } => {
                Some(format!("{cert} and {key} name a certificate and its key"))
            }
            _ => None,
        }
    }

    fn of_connection(&self, error: &DialError) -> Option<String> {
        let Self { url, ca, protocol, .. } = self;
        Some(match error {
            DialError::UnknownHost { .. } => format!("is the name in {url} right?"),
            DialError::Unreachable { .. } => {
                format!("is the server running, and is the port in {url} right?")
            }
            DialError::NotTls { .. } => format!("if it serves in clear, write http:// in {url}"),
            DialError::Untrusted { .. } => format!("{ca} names the right one"),
            DialError::WrongName { .. } => format!("write one of its names in {url}"),
            DialError::NoHttp2 { .. } => format!("{protocol} grpc-web does without"),
            _ => return None,
        })
    }

    fn of_target(&self, error: &TargetError) -> Option<String> {
        match error {
            // Whoever wrote an option sees it; a variable may have been set long ago.
            TargetError::Url { .. } if self.url != "--url" => Some(format!("it is from {}", self.url)),
            TargetError::UnreadableCa { .. } => {
                Some(format!("the server makes certs/ca.pem when it starts, {} names another one", self.ca))
            }
            TargetError::MalformedCa { .. } => Some(format!("{} names the file", self.ca)),
            _ => None,
        }
    }
}
