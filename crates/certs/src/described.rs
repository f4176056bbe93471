//! What a certificate says of itself, for a person to read. Must not know whether it can be trusted.

use std::time::SystemTime;

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The parts of a certificate that tell who vouches for whom, and until when (RFC 5280, section 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Whom it names, such as `CN=localhost`.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// When it stops being valid.
    pub expires: SystemTime,
}

impl Described {
    /// Reads a certificate; none where the bytes are something else.
    pub fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        Some(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            expires: certificate.validity().not_after.to_datetime().into(),
        })
    }
}
