//! Verifies the server's certificate by rustls' rules, with a specific error for chains that no client accepts.

use std::sync::Arc;

use increment_certs::ChainFault;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// rustls' own verifier. A chain that it rejects for a [`ChainFault`] fails with that fault as [`CertificateError::Other`],
/// in place of rustls' unspecific error.
#[derive(Debug)]
pub(crate) struct Verifier(Arc<WebPkiServerVerifier>);

impl Verifier {
    /// Trusts certificates issued by these CAs. Returns `None` if there are none.
    pub(crate) fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Option<Self> {
        WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().ok().map(Self)
    }
}

/// Replaces the error by the fault of the chain, if it has one.
fn with_fault(error: Error, chain: &[&CertificateDer<'_>]) -> Error {
    let chain: Vec<_> = chain.iter().copied().cloned().collect();
    match ChainFault::find(&chain) {
        Some(fault) => Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(fault)))),
        None => error,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let chain = || [&[end_entity], &*intermediates.iter().collect::<Vec<_>>()].concat();
        verified.map_err(|error| with_fault(error, &chain()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.0.verify_tls12_signature(message, certificate, signature);
        verified.map_err(|error| with_fault(error, &[certificate]))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.0.verify_tls13_signature(message, certificate, signature);
        verified.map_err(|error| with_fault(error, &[certificate]))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
