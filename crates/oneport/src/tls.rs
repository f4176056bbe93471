//! The configuration of TLS: versions 1.3 and 1.2, ALPN `h2` and `http/1.1`. Part of step 4 of the path of a click.

use std::{path::Path, sync::Arc};

use rustls::{
    KeyLog, RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::error::TlsError;

/// The ALPN identifier of HTTP/2 (RFC 9113, section 3.1).
pub(crate) const H2: &str = "h2";

/// The ALPN identifier of HTTP/1.1 (RFC 7301, section 6).
pub(crate) const HTTP_1_1: &str = "http/1.1";

/// The server's certificate, and the authentication of clients, for [`Builder::tls`](crate::Builder::tls). A clone is cheap.
///
/// Connections use TLS 1.3 or 1.2 with rustls' default cipher suites and key-exchange groups of aws-lc-rs, the post-quantum
/// hybrid `X25519MLKEM768` among them. ALPN offers HTTP/2 and HTTP/1.1.
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

/// Whether clients authenticate with a certificate (mutual TLS; RFC 8446, section 4.3.2). Services find a verified certificate
/// in [`TlsInfo::client_certificates`](crate::TlsInfo::client_certificates).
#[derive(Clone, Debug, Default)]
pub enum ClientAuth {
    /// No certificate is requested.
    #[default]
    Off,
    /// A certificate is requested. The handshake fails with one that none of these CAs has issued, and succeeds without one.
    Optional(RootCertStore),
    /// A certificate is required. The handshake fails without one that one of these CAs has issued.
    Required(RootCertStore),
}

impl Tls {
    /// TLS with this certificate chain, the server's own certificate first, and its private key.
    pub fn new(certified_key: impl Into<Arc<CertifiedKey>>) -> Self {
        Self { certified_key: certified_key.into(), client_auth: ClientAuth::Off, key_log: None }
    }

    /// Reads a certificate chain, the server's own certificate first, and its private key from PEM files.
    ///
    /// Fails with [`TlsError::File`] where one of them cannot be read or has no such element, and with
    /// [`TlsError::Certificate`] where the key does not match the certificate.
    pub fn from_pem_files(chain: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, TlsError> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let certificates = CertificateDer::pem_file_iter(chain)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| file_error(chain, error))?;
        if certificates.is_empty() {
            return Err(file_error(chain, pem::Error::NoItemsFound));
        }
        let private_key = PrivateKeyDer::from_pem_file(key).map_err(|error| file_error(key, error))?;
        let certified = CertifiedKey::from_der(certificates, private_key, &aws_lc_rs::default_provider());
        Ok(Self::new(certified.map_err(TlsError::Certificate)?))
    }

    /// Sets the authentication of clients. Default: [`ClientAuth::Off`].
    #[must_use]
    pub fn client_auth(self, client_auth: ClientAuth) -> Self {
        Self { client_auth, ..self }
    }

    /// Logs the secrets of each connection, with which a tool such as Wireshark decrypts captured traffic. For debugging alone:
    /// the log is enough to read the traffic. Default: nothing is logged.
    #[must_use]
    pub fn key_log(self, key_log: Arc<dyn KeyLog>) -> Self {
        Self { key_log: Some(key_log), ..self }
    }

    /// Converts this to rustls' configuration. ALPN offers HTTP/1.1 beside HTTP/2, for gRPC-Web clients and proxies without
    /// HTTP/2.
    pub(crate) fn into_config(self) -> Result<Arc<ServerConfig>, TlsError> {
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
        let builder = |roots: RootCertStore| {
            let provider = Arc::new(aws_lc_rs::default_provider());
            WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        };
        let built = match self {
            Self::Off => return Ok(Arc::new(NoClientAuth)),
            Self::Optional(roots) => builder(roots).allow_unauthenticated().build(),
            Self::Required(roots) => builder(roots).build(),
        };
        built.map_err(|error| TlsError::ClientAuth(error.to_string()))
    }
}

fn file_error(path: &Path, error: pem::Error) -> TlsError {
    let reason = match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "it holds no certificate or key in PEM".into(),
        malformed => malformed.to_string(),
    };
    TlsError::File { path: path.into(), reason }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_missing_or_empty_certificate_file_is_named() {
        let missing = Path::new("no/such/server.pem");
        let error = Tls::from_pem_files(missing, missing).unwrap_err().to_string();
        assert!(error.starts_with("cannot read no/such/server.pem: "), "{error}");
        let folder = std::env::temp_dir().join(format!("oneport-tls-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let empty = folder.join("empty.pem");
        fs::write(&empty, "").unwrap();
        let error = Tls::from_pem_files(&empty, missing).unwrap_err().to_string();
        fs::remove_dir_all(&folder).unwrap();
        assert!(error.ends_with("empty.pem: it holds no certificate or key in PEM"), "{error}");
    }
}
