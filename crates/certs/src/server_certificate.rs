//! Opens the server's certificate: read and checked, created if missing, renewed by the development CA.

use std::{path::Path, sync::Arc, time::SystemTime};

use rustls::sign::CertifiedKey;
use time::OffsetDateTime;

use crate::{
    authority::Authority,
    error::CertError,
    files,
    leaf::{self, Leaf},
};

/// A certificate chain whose key matches and whose validity period includes the time of [`open`].
#[derive(Debug)]
pub struct ServerCertificate {
    /// The chain and the signing key, for rustls.
    pub certified_key: Arc<CertifiedKey>,
    /// Whether the certificate was read, created or renewed.
    pub source: CertificateSource,
    /// Problems that do not prevent the use of the certificate.
    pub warnings: Vec<CertError>,
}

/// How [`open`] obtained a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateSource {
    /// Both files existed and were not changed.
    Existing,
    /// Both files were missing and were created.
    Created,
    /// The certificate, issued by the development CA beside it, had less than [`RENEWAL_DAYS`](leaf::RENEWAL_DAYS) left
    /// and was issued again for the same key.
    Renewed,
}

/// Opens the certificate in `cert` with the key in `key`, both PEM, at the time `now`.
///
/// If both files are missing, creates them, and beside `cert` the CA that signs them, `ca.pem` and `ca.key`, unless that
/// exists. Keys get mode 0600. The only file ever replaced is a certificate that this CA issued, once it has less than
/// [`RENEWAL_DAYS`](leaf::RENEWAL_DAYS) left.
///
/// # Errors
///
/// Returns a [`CertError`] that names the file if one of the pair is missing, unreadable or malformed, if the two do not
/// match, if other users can read the key, if rustls rejects the certificate or it is not valid at `now`, or if a file
/// cannot be written.
pub fn open(cert: &Path, key: &Path, now: SystemTime) -> Result<ServerCertificate, CertError> {
    let now = OffsetDateTime::from(now);
    if files::exists(cert)? && files::exists(key)? {
        return open_existing(cert, key, now);
    }
    // Another server may be creating them: checked again under the lock.
    let _lock = files::lock(cert)?;
    match (files::exists(cert)?, files::exists(key)?) {
        (true, true) => open_existing(cert, key, now),
        (false, false) => create(cert, key, now),
        (true, false) => Err(CertError::KeyMissing { cert: cert.into(), key: key.into() }),
        (false, true) => Err(CertError::CertificateMissing { cert: cert.into(), key: key.into() }),
    }
}

fn open_existing(cert: &Path, key: &Path, now: OffsetDateTime) -> Result<ServerCertificate, CertError> {
    let leaf = Leaf::read(cert, key)?;
    let mut warnings: Vec<_> = leaf.warning().into_iter().collect();
    let needs_renewal = leaf.needs_renewal(now);
    let authority = match Authority::open_beside(cert) {
        Ok(authority) => authority,
        Err(error @ CertError::InsecurePermissions { .. }) => return Err(error),
        // An unusable CA does not invalidate a certificate that is still valid.
        Err(error) => {
            let is_relevant = needs_renewal || matches!(error, CertError::CaMissing { .. });
            warnings.extend(is_relevant.then_some(error));
            None
        }
    };
    let Some(authority) = authority.filter(|authority| needs_renewal && authority.issued(&leaf)) else {
        return finish(leaf, CertificateSource::Existing, warnings, now);
    };
    files::replace(cert, &authority.issue_for(&files::read_secret(key)?, key, now)?)?;
    finish(Leaf::read(cert, key)?, CertificateSource::Renewed, warnings, now)
}

fn create(cert: &Path, key: &Path, now: OffsetDateTime) -> Result<ServerCertificate, CertError> {
    let authority = match Authority::open_beside(cert)? {
        Some(authority) => authority,
        None => Authority::create_beside(cert, now)?,
    };
    let key_pem = leaf::generate_key()?;
    let cert_pem = authority.issue_for(key_pem.as_bytes(), key, now)?;
    files::create_secret(key, &key_pem)?;
    files::create(cert, &cert_pem)?;
    finish(Leaf::read(cert, key)?, CertificateSource::Created, vec![], now)
}

/// Checks the validity period.
fn finish(
    leaf: Leaf,
    source: CertificateSource,
    warnings: Vec<CertError>,
    now: OffsetDateTime,
) -> Result<ServerCertificate, CertError> {
    let certified_key = leaf.valid_at(now)?.into_certified_key();
    Ok(ServerCertificate { certified_key, source, warnings })
}
