//! TLS, the one place that configures it: versions 1.3 and 1.2, ALPN `h2` and `http/1.1`. Part of step 4 of the path of
//! a click.

use std::{path::Path, sync::Arc};

use rustls::{
    KeyLog, RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::error::TlsError;

/// The name of HTTP/2 in ALPN (RFC 9113, section 3.1).
pub(crate) const H2: &str = "h2";

/// The name of HTTP/1.1 in ALPN (RFC 7301, section 6).
pub(crate) const HTTP_1_1: &str = "http/1.1";

/// The server's certificate, and what is asked of clients. A clone is cheap.
///
/// ```
/// # fn tls() -> Result<oneport::Tls, Box<dyn std::error::Error>> {
/// let tls = oneport::Tls::from_pem_files("server.pem", "server.key")?;
/// # Ok(tls)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Tls {
    certified_key: Arc<CertifiedKey>,
    client_auth: ClientAuth,
    key_log: Option<Arc<dyn KeyLog>>,
}

/// Whether clients are asked for a certificate (mutual TLS).
#[derive(Clone, Debug, Default)]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    Off,
    /// They are asked, and may have none; one that they present must be issued by one of these CAs.
    Optional(RootCertStore),
    /// They are asked; the handshake fails without a certificate issued by one of these CAs.
    Required(RootCertStore),
}

impl Tls {
    /// Presents this certificate chain, its own certificate first.
    pub fn new(certified_key: impl Into<Arc<CertifiedKey>>) -> Self {
        Self { certified_key: certified_key.into(), client_auth: ClientAuth::Off, key_log: None }
    }

    /// Reads a certificate chain and its private key from PEM files.
    ///
    /// Fails where one of them cannot be read, and where the key is not that of the certificate.
    pub fn from_pem_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, TlsError> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let unreadable = |path: &Path, error: rustls::pki_types::pem::Error| TlsError::File {
            path: path.into(),
            reason: error.to_string(),
        };
        let certificates = CertificateDer::pem_file_iter(chain)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable(chain, error))?;
        let private_key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, error))?;
        let certified = CertifiedKey::from_der(certificates, private_key, &aws_lc_rs::default_provider());
        Ok(Self::new(certified.map_err(TlsError::Certificate)?))
    }

    /// Asks clients for certificates. Default: [`ClientAuth::Off`].
    #[must_use]
    pub fn client_auth(self, client_auth: ClientAuth) -> Self {
        Self { client_auth, ..self }
    }

    /// Logs the secrets of each connection, so that a tool can decrypt captured traffic. Default: none is logged.
    #[must_use]
    pub fn key_log(self, key_log: Arc<dyn KeyLog>) -> Self {
        Self { key_log: Some(key_log), ..self }
    }

    /// HTTP/1.1 is offered beside HTTP/2, for gRPC-Web clients and proxies that speak nothing newer.
    pub(crate) fn config(self) -> Result<Arc<ServerConfig>, TlsError> {
        let verifier = self.client_auth.verifier()?;
        let mut config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Certificate)?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from((*self.certified_key).clone())));
        config.alpn_protocols = [H2, HTTP_1_1].map(Into::into).to_vec();
        if let Some(key_log) = self.key_log {
            config.key_log = key_log;
        }
        Ok(Arc::new(config))
    }
}

impl From<CertifiedKey> for Tls {
    fn from(certified_key: CertifiedKey) -> Self {
        Self::new(certified_key)
    }
}

impl From<Arc<CertifiedKey>> for Tls {
    fn from(certified_key: Arc<CertifiedKey>) -> Self {
        Self::new(certified_key)
    }
}

impl ClientAuth {
    fn verifier(self) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        let from = |roots: RootCertStore| {
            let provider = Arc::new(aws_lc_rs::default_provider());
            WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        };
        let built = match self {
            Self::Off => return Ok(Arc::new(NoClientAuth)),
            Self::Optional(roots) => from(roots).allow_unauthenticated().build(),
            Self::Required(roots) => from(roots).build(),
        };
        built.map_err(|error| TlsError::ClientAuth(error.to_string()))
    }
}
