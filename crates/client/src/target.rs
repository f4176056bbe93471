//! Which server to call, and whom to trust: checked before anything is sent. The one place that configures TLS.

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

use crate::{KeepAlive, verifier::Verifier};

/// Why a server cannot be called at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The URL is none of a server.
    #[error("{url:?} is not the URL of a server: write it like https://localhost:5000")]
    Url {
        /// What was given.
        url: String,
    },
    /// The CA's file cannot be read.
    #[error("cannot read the CA {}: {source}", path.display())]
    UnreadableCa {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The CA's file is gone and its key is not: no server makes a new one.
    #[error(
        "the CA {} is missing, and its key {} is not; put it back, or remove that key with the server's certificate and \
         key, then restart the server", path.display(), key.display()
    )]
    LostCa {
        /// The file.
        path: PathBuf,
        /// The CA's key.
        key: PathBuf,
    },
    /// The CA's certificate is one that TLS does not take.
    #[error("the CA {} does not work with TLS: {fault}; {}", path.display(), fault.remedy())]
    FaultyCa {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ChainFault,
    },
    /// The CA's file holds something else.
    #[error("the CA {} holds no certificate in PEM", path.display())]
    MalformedCa {
        /// The file.
        path: PathBuf,
    },
}

/// A server's URL, and for `https` the CA that vouches for it.
#[derive(Clone, Debug)]
pub struct Target {
    url: Uri,
    tls: Option<Trust>,
    keep_alive: KeepAlive,
}

/// What TLS connections do beside finding out whether the server can be trusted; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Where the secrets of each connection are written down, for somebody who watches the traffic.
    pub key_log: Option<Arc<KeyLogFile>>,
    /// What is presented to a server that asks for a certificate.
    pub certificate: Option<Arc<CertifiedKey>>,
}

/// Whom to trust.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    pub(crate) ca: PathBuf,
    pub(crate) config: ClientConfig,
}

impl Target {
    /// The server at `url`, `https://` or `http://` with a host and maybe a port. For `https` the file `ca` holds the
    /// certificates to trust, PEM; for `http` it is not read.
    ///
    /// Fails when the URL is another one or the file cannot be used.
    pub fn new(url: &str, ca: impl AsRef<Path>) -> Result<Self, TargetError> {
        let url = parse(url)?;
        let needs_tls = url.scheme() == Some(&Scheme::HTTPS);
        let tls = needs_tls.then(|| trust(ca.as_ref())).transpose()?;
        Ok(Self { url, tls, keep_alive: KeepAlive::default() })
    }

    /// The same, with these options for its connections; without TLS they mean nothing.
    #[must_use]
    pub fn with_tls(mut self, options: &TlsOptions) -> Self {
        if let Some(Trust { config, .. }) = &mut self.tls {
            if let Some(keys) = &options.key_log {
                config.key_log = Arc::clone(keys) as _;
            }
            if let Some(certificate) = &options.certificate {
                let presented = SingleCertAndKey::from(Arc::clone(certificate));
                config.client_auth_cert_resolver = Arc::new(presented);
            }
        }
        self
    }

    /// The same, whose connections are closed by this rule once nothing comes on them any more.
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

    pub(crate) fn trust(&self) -> Option<&Trust> {
        self.tls.as_ref()
    }
}

impl Trust {
    /// The same, offering these protocols by ALPN, the best first.
    pub(crate) fn offering(&self, protocols: &[&[u8]]) -> Self {
        let mut trust = self.clone();
        trust.config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        trust
    }
}

/// The URL of a server, `https://` or `http://` with a host and maybe a port.
pub(crate) fn parse(url: &str) -> Result<Uri, TargetError> {
    let wrong = || TargetError::Url { url: url.into() };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    // What the parser takes and would leave out: a fragment, a user, and a port that is none.
    let is_server = |host: &str| {
        let port = uri.port_u16().filter(|port| *port != 0).map(|port| format!("{host}:{port}"));
        uri.authority().is_some_and(|authority| *authority == port.as_deref().unwrap_or(host))
    };
    let is_bare = uri.path() == "/" && uri.query().is_none() && !url.contains('#');
    let is_bare = is_bare && uri.host().is_some_and(|host| !host.is_empty() && is_server(host));
    let is_web = uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
    if is_bare && is_web { Ok(uri) } else { Err(wrong()) }
}

fn trust(ca: &Path) -> Result<Trust, TargetError> {
    let roots = increment_certs::read_roots(ca).map_err(|error| unusable(ca, error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let malformed = || TargetError::MalformedCa { path: ca.into() };
    let verifier = Verifier::new(roots, Arc::clone(&provider)).ok_or_else(malformed)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites for them")
        .dangerous() // In name only: the verifier leaves every decision to rustls' own.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Trust { ca: ca.into(), config })
}

/// Why the CA in this file cannot be trusted.
fn unusable(ca: &Path, error: CertError) -> TargetError {
    let (path, key) = (ca.to_owned(), ca.with_extension("key"));
    match error {
        CertError::Unreadable { source, .. } if source.kind() == NotFound && key.exists() => {
            TargetError::LostCa { path, key }
        }
        CertError::Unreadable { source, .. } => TargetError::UnreadableCa { path, source },
        CertError::InvalidChain { fault, .. } => TargetError::FaultyCa { path, fault },
        _ => TargetError::MalformedCa { path },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_servers_are_taken() {
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
            assert!(matches!(Target::new(url, "unread"), Err(TargetError::Url { .. })), "{url}");
        }
    }
}
