//! A certificate chain with its key, read from two PEM files and checked.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use time::{Duration, OffsetDateTime};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::{error::CertError, fault::ChainFault, files};

/// The validity of a generated certificate, in days.
pub const LEAF_VALIDITY_DAYS: i64 = 90;

/// The remaining validity below which a generated certificate is renewed when it is opened, in days.
pub const RENEWAL_DAYS: i64 = 30;

/// The subject alternative names of generated certificates: this machine.
pub(crate) const LOCAL_NAME: &str = "localhost";
pub(crate) const LOCAL_IPV4: Ipv4Addr = Ipv4Addr::LOCALHOST;
pub(crate) const LOCAL_IPV6: Ipv6Addr = Ipv6Addr::LOCALHOST;

/// A certificate chain whose key matches. Its validity period is checked by [`Leaf::valid_at`].
pub(crate) struct Leaf {
    path: PathBuf,
    certified_key: Arc<CertifiedKey>,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    /// A fault for which clients may reject the chain, although rustls can serve it.
    fault: Option<ChainFault>,
}

impl Leaf {
    pub(crate) fn read(cert: &Path, key: &Path) -> Result<Self, CertError> {
        let chain = read_chain(cert)?;
        let first = parse(cert, &chain[0])?;
        let (not_before, not_after) = validity(&first);
        let fault = ChainFault::find(&chain);
        let invalid_chain = |fault| CertError::InvalidChain { path: cert.into(), fault };
        if let Some(fault) = fault.filter(|fault| fault.is_fatal()) {
            return Err(invalid_chain(fault));
        }
        let certified_key = CertifiedKey::from_der(chain, private_key(key)?, &aws_lc_rs::default_provider());
        let certified_key = Arc::new(certified_key.map_err(|error| match error {
            // The key matches a later certificate of the chain.
            rustls::Error::InconsistentKeys(_) if fault == Some(ChainFault::CaFirst) => {
                invalid_chain(ChainFault::CaFirst)
            }
            rustls::Error::InconsistentKeys(_) => {
                CertError::KeyMismatch { cert: cert.into(), key: key.into() }
            }
            other => CertError::malformed(key, &other),
        })?);
        Ok(Self { path: cert.into(), certified_key, not_before, not_after, fault })
    }

    pub(crate) fn der(&self) -> &CertificateDer<'static> {
        &self.certified_key.cert[0]
    }

    pub(crate) fn needs_renewal(&self, now: OffsetDateTime) -> bool {
        self.not_after - now < Duration::days(RENEWAL_DAYS)
    }

    pub(crate) fn valid_at(self, now: OffsetDateTime) -> Result<Self, CertError> {
        check_validity(&self.path, (self.not_before, self.not_after), now).map(|()| self)
    }

    pub(crate) fn into_certified_key(self) -> Arc<CertifiedKey> {
        self.certified_key
    }

    /// Returns a fault for which clients may reject the chain, although rustls can serve it.
    pub(crate) fn warning(&self) -> Option<CertError> {
        self.fault.map(|fault| CertError::InvalidChain { path: self.path.clone(), fault })
    }
}

/// Generates a private key, PKCS#8 in PEM.
pub(crate) fn generate_key() -> Result<String, CertError> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?.serialize_pem())
}

/// Reads all certificates of a PEM file, at least one.
pub(crate) fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertError> {
    let chain = CertificateDer::pem_slice_iter(&files::read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CertError::malformed(path, &error))?;
    if chain.is_empty() {
        return Err(CertError::malformed(
            path,
            &"it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)",
        ));
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertError> {
    let pem = files::read_secret(path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        _ if is_encrypted(&pem) => CertError::EncryptedKey { path: path.into() },
        rustls::pki_types::pem::Error::NoItemsFound => {
            CertError::malformed(path, &"it holds no unencrypted private key in PEM (PKCS#8, PKCS#1 or SEC1)")
        }
        other => CertError::malformed(path, &other),
    })
}

/// Returns whether a PEM key is encrypted, as PKCS#8 (RFC 7468, section 11) or in the legacy format (RFC 1421, section
/// 4.6.1.1).
pub(crate) fn is_encrypted(pem: &[u8]) -> bool {
    let contains = |text: &[u8]| pem.windows(text.len()).any(|window| window == text);
    contains(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || contains(b"Proc-Type: 4,ENCRYPTED")
}

pub(crate) fn parse<'c>(path: &Path, der: &'c CertificateDer<'_>) -> Result<X509Certificate<'c>, CertError> {
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) => Ok(certificate),
        Err(_) => Err(CertError::malformed(path, &"it does not hold an X.509 certificate")),
    }
}

/// Returns whether the subject alternative names of a certificate are those of a generated one.
pub(crate) fn has_local_names_only(certificate: &X509Certificate<'_>) -> bool {
    let names = certificate.subject_alternative_name().ok().flatten();
    names.is_some_and(|names| {
        *names.value.general_names
            == [
                GeneralName::DNSName(LOCAL_NAME),
                GeneralName::IPAddress(&LOCAL_IPV4.octets()),
                GeneralName::IPAddress(&LOCAL_IPV6.octets()),
            ]
    })
}

pub(crate) fn validity(certificate: &X509Certificate<'_>) -> (OffsetDateTime, OffsetDateTime) {
    let validity = certificate.validity();
    (validity.not_before.to_datetime(), validity.not_after.to_datetime())
}

pub(crate) fn check_validity(
    path: &Path,
    (not_before, not_after): (OffsetDateTime, OffsetDateTime),
    now: OffsetDateTime,
) -> Result<(), CertError> {
    if now > not_after {
        return Err(CertError::Expired { path: path.into(), expired: not_after.date().to_string() });
    }
    if now < not_before {
        return Err(CertError::NotYetValid { path: path.into(), begins: not_before.date().to_string() });
    }
    Ok(())
}
