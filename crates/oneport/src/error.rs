//! Why a server cannot be started, and why it ended.

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
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate and its key cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Certificate(rustls::Error),
    /// The CAs of clients cannot be used.
    #[error("the CAs of clients cannot be used: {0}")]
    ClientAuth(String),
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", reason(source))]
pub struct ListenError {
    /// The address asked for.
    pub address: SocketAddr,
    /// The error of the system.
    pub source: io::Error,
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program uses this port; stop it or choose another port".into(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have this address".into(),
        io::ErrorKind::PermissionDenied => "ports below 1024 need more rights; choose a higher one".into(),
        _ => error.to_string(),
    }
}

/// Why a server cannot be bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// There is an address for TLS, and no certificate: see [`Builder::tls`](crate::Builder::tls).
    #[error("cannot listen on {0} with TLS: no certificate was set")]
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
    /// The address of a listener cannot be read.
    #[error("cannot read the address of a listener: {0}")]
    Address(io::Error),
}

/// Why a server ended without having been shut down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// It cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A thread or its runtime cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The handlers of signals cannot be installed.
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
}
