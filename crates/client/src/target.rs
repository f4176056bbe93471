//! The server to call and the configuration of its TLS connections, checked before anything is sent.

use std::{
    io::{self, ErrorKind::NotFound},
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{Uri, uri::Scheme};
use increment_certs::{CertError, ChainFault, KeyLogFile};
use rustls::{
    ClientConfig,
    crypto::aws_lc_rs,
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::{keep_alive::KeepAlive, verifier::Verifier};

/// Why a target is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The URL is not that of a server.
    #[error("{url:?} is not the URL of a server; expected a URL such as https://localhost:5000")]
    InvalidUrl {
        /// The invalid URL.
        url: String,
    },
    /// The CA's file cannot be read.
    #[error("cannot read the CA {}: {source}", path.display())]
    UnreadableCa {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The CA's file is missing and its key exists, so that the server does not create a new one.
    #[error(
        "the CA {} is missing, although its key {} exists; restore it, or remove that key, the server's certificate and its \
         key, then restart the server", path.display(), key.display()
    )]
    MissingCa {
        /// The file.
        path: PathBuf,
        /// The CA's key.
        key: PathBuf,
    },
    /// The CA's certificate is one that TLS implementations reject.
    #[error("the CA {} does not work with TLS: {fault}; {}", path.display(), fault.remedy())]
    InvalidCa {
        /// The file.
        path: PathBuf,
        /// What is wrong with the certificate.
        fault: ChainFault,
    },
    /// The CA's file does not hold a certificate.
    #[error("the CA {} holds no certificate in PEM", path.display())]
    MalformedCa {
        /// The file.
        path: PathBuf,
    },
}

/// The server to call: its URL, for `https` the CA to trust, and the settings of its connections.
#[derive(Clone, Debug)]
pub struct Target {
    url: Uri,
    tls: Option<TlsConfig>,
    keep_alive: KeepAlive,
}

/// Optional settings of TLS connections. The default is none of them.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// The file to which the secrets of each connection are appended, for decrypting the traffic.
    pub key_log: Option<Arc<KeyLogFile>>,
    /// The client certificate, presented to a server that requests one.
    pub certificate: Option<Arc<CertifiedKey>>,
}

/// The TLS configuration, which trusts one CA file.
#[derive(Clone, Debug)]
pub(crate) struct TlsConfig {
    /// The CA's file, for error messages.
    pub(crate) ca: PathBuf,
    pub(crate) config: ClientConfig,
}

impl Target {
    /// Creates the target for `url`: `https://` or `http://`, a host and an optional port. `ca` is the file of the CA
    /// certificates to trust, PEM; it is not read for `http`.
    ///
    /// # Errors
    ///
    /// Returns a [`TargetError`] if the URL has another form or the file cannot be used.
    pub fn new(url: &str, ca: impl AsRef<Path>) -> Result<Self, TargetError> {
        let url = parse_url(url)?;
        let needs_tls = url.scheme() == Some(&Scheme::HTTPS);
        let tls = needs_tls.then(|| tls_config(ca.as_ref())).transpose()?;
        Ok(Self { url, tls, keep_alive: KeepAlive::default() })
    }

    /// Sets options of the TLS connections. They have no effect on an `http` target.
    #[must_use]
    pub fn with_tls(mut self, options: &TlsOptions) -> Self {
        if let Some(TlsConfig { config, .. }) = &mut self.tls {
            if let Some(key_log) = &options.key_log {
                config.key_log = Arc::clone(key_log) as _;
            }
            if let Some(certificate) = &options.certificate {
                let resolver = SingleCertAndKey::from(Arc::clone(certificate));
                config.client_auth_cert_resolver = Arc::new(resolver);
            }
        }
        self
    }

    /// Sets the timing of keep-alive pings, by which dead connections are closed.
    #[must_use]
    pub fn with_keep_alive(mut self, keep_alive: KeepAlive) -> Self {
        self.keep_alive = keep_alive.clamped();
        self
    }

    pub(crate) fn keep_alive(&self) -> KeepAlive {
        self.keep_alive
    }

    pub(crate) fn url(&self) -> &Uri {
        &self.url
    }

    pub(crate) fn tls(&self) -> Option<&TlsConfig> {
        self.tls.as_ref()
    }
}

impl TlsConfig {
    /// Offers these protocols by ALPN, in order of preference.
    pub(crate) fn with_alpn(&self, protocols: &[&[u8]]) -> Self {
        let mut tls = self.clone();
        tls.config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        tls
    }
}

/// Parses the URL of a server: `https://` or `http://`, a host and an optional port.
pub(crate) fn parse_url(url: &str) -> Result<Uri, TargetError> {
    let invalid = || TargetError::InvalidUrl { url: url.into() };
    let uri: Uri = url.parse().map_err(|_| invalid())?;
    // The parser accepts and drops a fragment, user information and an empty port.
    let is_host_and_port = |host: &str| {
        let port = uri.port_u16().filter(|port| *port != 0).map(|port| format!("{host}:{port}"));
        uri.authority().is_some_and(|authority| *authority == port.as_deref().unwrap_or(host))
    };
    let is_bare = uri.path() == "/" && uri.query().is_none() && !url.contains('#');
    let is_bare = is_bare && uri.host().is_some_and(|host| !host.is_empty() && is_host_and_port(host));
    let is_http = uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
    if is_bare && is_http { Ok(uri) } else { Err(invalid()) }
}

fn tls_config(ca: &Path) -> Result<TlsConfig, TargetError> {
    let roots = increment_certs::read_roots(ca).map_err(|error| ca_error(ca, error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let malformed = || TargetError::MalformedCa { path: ca.into() };
    let verifier = Verifier::new(roots, Arc::clone(&provider)).ok_or_else(malformed)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites for TLS 1.2 and 1.3")
        .dangerous() // In name only: the verifier delegates every decision to rustls' own.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConfig { ca: ca.into(), config })
}

fn ca_error(ca: &Path, error: CertError) -> TargetError {
    let (path, key) = (ca.to_owned(), ca.with_extension("key"));
    match error {
        CertError::Unreadable { source, .. } if source.kind() == NotFound && key.exists() => {
            TargetError::MissingCa { path, key }
        }
        CertError::Unreadable { source, .. } => TargetError::UnreadableCa { path, source },
        CertError::InvalidChain { fault, .. } => TargetError::InvalidCa { path, fault },
        _ => TargetError::MalformedCa { path },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_servers_are_accepted() {
        for url in [
            "http://localhost",
            "http://localhost:65535",
            "http://[::1]:5000/",
            "http://[::1]",
            "http://127.0.0.1",
            "HTTP://LOCALHOST:1",
        ] {
            assert!(Target::new(url, "unread").is_ok(), "{url}");
        }
        for url in [
            "",
            "localhost:5000",
            "ftp://localhost",
            "https:",
            "http://localhost/path",
            "http://:5000",
            "a b",
            "https://localhost:99999",
            "https://localhost:0",
            "https://localhost:",
            "https://user:secret@localhost",
            "https://localhost#fragment",
            "https://localhost?query",
        ] {
            assert!(matches!(Target::new(url, "unread"), Err(TargetError::InvalidUrl { .. })), "{url}");
        }
    }
}
