//! Why a connection to a server cannot be established.

use std::{io, path::PathBuf, time::Duration};

use increment_certs::ChainFault;

/// The timeout of name resolution, TCP connect and TLS handshake together.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a connection to a server cannot be established. `address` is its host and port.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The host name does not resolve.
    #[error("cannot resolve the host {host}: {source}")]
    UnknownHost {
        /// The host.
        host: String,
        /// The error of the resolver.
        source: io::Error,
    },
    /// The TCP connection failed: the port is closed, or no route leads to the host.
    #[error("cannot connect to {address}: {source}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The connection was not established within [`CONNECT_TIMEOUT`].
    #[error("cannot connect to {address}: no response within {CONNECT_TIMEOUT:?}")]
    Timeout {
        /// Host and port.
        address: String,
    },
    /// The server does not speak TLS on this port.
    #[error("{address} does not speak TLS")]
    NotTls {
        /// Host and port.
        address: String,
    },
    /// The certificate is issued by a CA that is not trusted.
    #[error("the certificate of {address} is not issued by the CA in {}", ca.display())]
    Untrusted {
        /// Host and port.
        address: String,
        /// The file of the trusted CA.
        ca: PathBuf,
    },
    /// The certificate is issued for other names.
    #[error("the certificate of {address} is not valid for the name {host}")]
    WrongName {
        /// Host and port.
        address: String,
        /// The name that the certificate lacks.
        host: String,
    },
    /// The certificate has expired.
    #[error("the certificate of {address} has expired; restart the server to renew it, or check the clocks")]
    Expired {
        /// Host and port.
        address: String,
    },
    /// The validity period of the certificate has not begun.
    #[error("the certificate of {address} is not valid yet; check the clocks")]
    NotYetValid {
        /// Host and port.
        address: String,
    },
    /// The certificate chain is one that TLS implementations reject, regardless of its issuer.
    #[error("the certificate of {address} does not work with TLS: {fault}; {}", fault.remedy())]
    InvalidChain {
        /// Host and port.
        address: String,
        /// What is wrong with the chain.
        fault: ChainFault,
    },
    /// The TLS handshake failed for another reason.
    #[error("the TLS handshake with {address} failed: {source}")]
    Handshake {
        /// Host and port.
        address: String,
        /// The error of the handshake.
        source: io::Error,
    },
    /// The server did not select HTTP/2 by ALPN.
    #[error("{address} does not support HTTP/2, which gRPC requires")]
    NoHttp2 {
        /// Host and port.
        address: String,
    },
}
