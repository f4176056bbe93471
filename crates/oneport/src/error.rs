//! The errors of starting and running a server.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::{page::PageError, rpc::DescriptorError};

/// Why TLS cannot be configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A PEM file cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        reason: String,
    },
    /// The certificate and its private key cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Certificate(rustls::Error),
    /// The certificates of the CAs of clients cannot be used.
    #[error("the CAs of clients cannot be used: {0}")]
    ClientAuth(String),
}

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("cannot listen on {address}: {}", reason(source))]
pub struct ListenError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// The error of the operating system.
    pub source: io::Error,
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program uses this port; stop it or choose another port".into(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have this address".into(),
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need more privileges; choose a higher port".into()
        }
        _ => error.to_string(),
    }
}

/// Why a server cannot be bound. Each message names what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// No address was set.
    #[error("no address to listen on: call `listen`, `listen_loopback` or `plaintext_listen`")]
    NoAddress,
    /// An address with TLS was set, but no certificate.
    #[error("cannot listen on {0} with TLS: no certificate was set; call `tls`")]
    NoCertificate(SocketAddr),
    /// TLS cannot be configured.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// A service cannot be registered.
    #[error(transparent)]
    Service(#[from] DescriptorError),
    /// The page cannot be read.
    #[error(transparent)]
    Page(#[from] PageError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The address of a listener cannot be read.
    #[error("cannot read the address of a listener: {0}")]
    Address(io::Error),
}

/// Why a server ended without a shutdown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The server cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A thread or its runtime cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The handlers of SIGINT and SIGTERM cannot be installed.
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
}
