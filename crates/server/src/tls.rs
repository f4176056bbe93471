//! TLS, the one place that configures it: versions 1.3 and 1.2, ALPN `h2` and `http/1.1`. Part of step 4 of a
//! click's way.

use std::sync::Arc;

use increment_certs::{CertificateInfo, KeyLogFile};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    server::{NoClientAuth, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::{CertifiedKey, SingleCertAndKey},
};

/// How HTTP/2 is called in ALPN (RFC 9113, section 3.1).
pub(crate) const H2: &str = "h2";

/// How HTTP/1.1 is called in ALPN (RFC 7301, section 6).
pub(crate) const HTTP_1_1: &str = "http/1.1";

/// How TLS is spoken, and what is shown to peers.
#[derive(Clone, Debug)]
pub struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) certificate: Option<CertificateInfo>,
}

impl Tls {
    /// Writes down the secrets of each connection, for somebody who watches the traffic.
    #[must_use]
    pub fn logging_keys_to(mut self, keys: KeyLogFile) -> Self {
        Arc::make_mut(&mut self.config).key_log = Arc::new(keys);
        self
    }
}

/// Who may connect: anybody, or whom a CA vouches for (mutual TLS).
#[derive(Clone, Debug, Default)]
pub enum Clients {
    /// Anybody; nobody is asked for a certificate.
    #[default]
    Anybody,
    /// Anybody; who presents a certificate must have it from one of these CAs.
    MayIdentify(RootCertStore),
    /// Whoever presents a certificate from one of these CAs.
    MustIdentify(RootCertStore),
}

impl Clients {
    fn verifier(self) -> Result<Arc<dyn ClientCertVerifier>, rustls::Error> {
        let from = |roots: RootCertStore| {
            let provider = Arc::new(aws_lc_rs::default_provider());
            WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        };
        let built = match self {
            Self::Anybody => return Ok(Arc::new(NoClientAuth)),
            Self::MayIdentify(roots) => from(roots).allow_unauthenticated().build(),
            Self::MustIdentify(roots) => from(roots).build(),
        };
        built.map_err(|error| rustls::Error::General(error.to_string()))
    }
}

/// A configuration that shows this certificate to anybody.
pub fn config(certified_key: &CertifiedKey) -> Result<Tls, rustls::Error> {
    config_for(Clients::Anybody, certified_key)
}

/// A configuration that shows this certificate. HTTP/1.1 is offered beside HTTP/2 for gRPC-Web clients and
/// proxies that know nothing newer.
pub fn config_for(clients: Clients, certified_key: &CertifiedKey) -> Result<Tls, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(clients.verifier()?)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified_key.clone())));
    config.alpn_protocols = [H2, HTTP_1_1].map(Into::into).to_vec();
    let certificate = certified_key.cert.first().and_then(CertificateInfo::parse);
    Ok(Tls { config: Arc::new(config), certificate })
}
