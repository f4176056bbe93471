//! Whether a server's certificate can be trusted: rustls decides, and what no client can accept is named. Independent of
//! how it is told.

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

/// rustls' own verifier. A chain that it rejects for a [`ChainFault`] fails with that as
/// [`CertificateError::Other`], where rustls would say something unspecific.
#[derive(Debug)]
pub(crate) struct Verifier(Arc<WebPkiServerVerifier>);

impl Verifier {
    /// Trusts what these CAs issued; none where there are none.
    pub(crate) fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Option<Self> {
        WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().ok().map(Self)
    }
}

/// The fault of the chain, where there is one, in place of the error.
fn named(error: Error, chain: &[&CertificateDer<'_>]) -> Error {
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
        verified.map_err(|error| named(error, &chain()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.0.verify_tls12_signature(message, certificate, signature);
        verified.map_err(|error| named(error, &[certificate]))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = self.0.verify_tls13_signature(message, certificate, signature);
        verified.map_err(|error| named(error, &[certificate]))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
