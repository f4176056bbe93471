//! The readable fields of a certificate. Independent of whether the certificate is trusted.

use std::time::SystemTime;

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Subject, issuer and expiry of an X.509 certificate (RFC 5280, section 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// The subject's distinguished name, such as `CN=localhost`.
    pub subject: String,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The end of the validity period (`notAfter`).
    pub expires: SystemTime,
}

impl CertificateInfo {
    /// Parses a certificate. Returns `None` for bytes that are not an X.509 certificate.
    pub fn parse(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        Some(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            expires: certificate.validity().not_after.to_datetime().into(),
        })
    }
}
