//! The certificate a server shows: read from its two files and checked.

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

use crate::{CertError, ChainFault, Opened, Origin, files};

/// How long a certificate made here is valid, in days.
pub const LEAF_VALIDITY_DAYS: i64 = 90;

/// With fewer days left than this, a certificate made here is renewed when it is opened.
pub const RENEWAL_DAYS: i64 = 30;

/// The names of this machine, for which certificates are made here.
pub(crate) const OWN_NAME: &str = "localhost";
pub(crate) const OWN_IPV4: Ipv4Addr = Ipv4Addr::LOCALHOST;
pub(crate) const OWN_IPV6: Ipv6Addr = Ipv6Addr::LOCALHOST;

/// A certificate that belongs to its key; its validity in time is not yet known.
pub(crate) struct Leaf {
    path: PathBuf,
    certified_key: Arc<CertifiedKey>,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    /// What others will say of it, although it can be used.
    fault: Option<ChainFault>,
}

impl Leaf {
    pub(crate) fn read(cert: &Path, key: &Path) -> Result<Self, CertError> {
        let chain = chain(cert)?;
        let first = parse(cert, &chain[0])?;
        let (not_before, not_after) = validity(&first);
        let (fault, faulty) =
            (ChainFault::find(&chain), |fault| CertError::Faulty { path: cert.into(), fault });
        if let Some(fault) = fault.filter(|fault| fault.is_fatal()) {
            return Err(faulty(fault));
        }
        let certified_key = CertifiedKey::from_der(chain, secret(key)?, &aws_lc_rs::default_provider());
        let certified_key = Arc::new(certified_key.map_err(|error| match error {
            // The key belongs to one that comes later.
            rustls::Error::InconsistentKeys(_) if fault == Some(ChainFault::CaFirst) => {
                faulty(ChainFault::CaFirst)
            }
            rustls::Error::InconsistentKeys(_) => CertError::Mismatch { cert: cert.into(), key: key.into() },
            other => malformed(key, &other),
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

    /// What others will say of it, although it can be used.
    pub(crate) fn warning(&self) -> Option<CertError> {
        self.fault.map(|fault| CertError::Faulty { path: self.path.clone(), fault })
    }

    pub(crate) fn opened(self, origin: Origin, warnings: Vec<CertError>) -> Opened {
        Opened { certified_key: self.certified_key, origin, warnings }
    }
}

/// A new private key, PKCS#8 in PEM.
pub(crate) fn new_key() -> Result<String, CertError> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?.serialize_pem())
}

/// All certificates of a PEM file, at least one.
pub(crate) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertError> {
    let chain = CertificateDer::pem_slice_iter(&files::read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| malformed(path, &error))?;
    if chain.is_empty() {
        return Err(malformed(path, &"it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(chain)
}

fn secret(path: &Path) -> Result<PrivateKeyDer<'static>, CertError> {
    let pem = files::read_secret(path)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        _ if is_encrypted(&pem) => CertError::EncryptedKey { path: path.into() },
        rustls::pki_types::pem::Error::NoItemsFound => {
            malformed(path, &"it holds no unencrypted private key in PEM (PKCS#8, PKCS#1 or SEC1)")
        }
        other => malformed(path, &other),
    })
}

/// Whether a key in PEM is encrypted: as PKCS#8 (RFC 7468, section 11), or in the older way (RFC 1421, section 4.6.1.1).
pub(crate) fn is_encrypted(pem: &[u8]) -> bool {
    let has = |words: &[u8]| pem.windows(words.len()).any(|part| part == words);
    has(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || has(b"Proc-Type: 4,ENCRYPTED")
}

pub(crate) fn parse<'c>(path: &Path, der: &'c CertificateDer<'_>) -> Result<X509Certificate<'c>, CertError> {
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) => Ok(certificate),
        Err(_) => Err(malformed(path, &"it holds something else than an X.509 certificate")),
    }
}

/// Whether a certificate is for the names that are given here and no others.
pub(crate) fn has_own_names_only(certificate: &X509Certificate<'_>) -> bool {
    let names = certificate.subject_alternative_name().ok().flatten();
    names.is_some_and(|names| {
        *names.value.general_names
            == [
                GeneralName::DNSName(OWN_NAME),
                GeneralName::IPAddress(&OWN_IPV4.octets()),
                GeneralName::IPAddress(&OWN_IPV6.octets()),
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

pub(crate) fn malformed(path: &Path, reason: &dyn std::fmt::Display) -> CertError {
    CertError::Malformed { path: path.into(), reason: reason.to_string() }
}
