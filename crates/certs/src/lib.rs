//! The server's certificate and key, ready for use: read and checked, made where both are missing, renewed
//! where they came from here. Comes before step 4 of a click's way. Must not know who serves with them.
//!
//! A development CA signs what is made here, so that a client needs to trust one file, `ca.pem`, and goes on
//! trusting it when the certificate is renewed. It vouches for servers alone, and for no other name than `localhost`.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let (cert, key) = (folder.path().join("server.pem"), folder.path().join("server.key"));
//! let opened = increment_certs::open(&cert, &key, std::time::SystemTime::now())?;
//! assert_eq!(opened.origin, increment_certs::Origin::Made);
//! assert!(folder.path().join("ca.pem").exists());
//! # Ok(())
//! # }
//! ```

mod authority;
mod described;
mod error;
mod fault;
mod files;
mod hex;
mod key_log;
mod leaf;
mod token;

use std::{path::Path, sync::Arc, time::SystemTime};

use rustls::{RootCertStore, sign::CertifiedKey};
use time::OffsetDateTime;

use self::{authority::Authority, leaf::Leaf};
pub use self::{
    authority::CA_VALIDITY_DAYS,
    described::Described,
    error::CertError,
    fault::{ChainFault, MIN_RSA_BITS},
    key_log::KeyLogFile,
    leaf::{LEAF_VALIDITY_DAYS, RENEWAL_DAYS},
    token::{BearerToken, MAX_TOKEN_CHARS, MIN_TOKEN_CHARS},
};

/// A certificate chain with its key, checked to belong together and to be valid now.
#[derive(Debug)]
pub struct Opened {
    /// The chain and the signing key, as rustls takes them.
    pub certified_key: Arc<CertifiedKey>,
    /// Where the certificate came from.
    pub origin: Origin,
    /// What is wrong although the certificate can be used, for a person to read.
    pub warnings: Vec<CertError>,
}

/// Where an opened certificate came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Both files were there and are as they were.
    Found,
    /// Both files were missing and have been made.
    Made,
    /// The certificate came from the CA beside it and had less than [`RENEWAL_DAYS`] left, so that it was
    /// issued anew for the same key.
    Renewed,
}

/// Opens the certificate in `cert` with the key in `key`, both PEM, at the time `now`.
///
/// Where both are missing, makes them, and beside `cert` the CA that signs them, `ca.pem` and `ca.key`,
/// unless that is there already. Keys get mode 0600. The only file ever replaced is a certificate that this CA
/// issued, when it has less than [`RENEWAL_DAYS`] left.
///
/// Fails with a [`CertError`] that names the file when one of the pair is missing, unreadable or malformed, when the
/// two do not belong together, when others can read the key, when rustls does not take the certificate or it is not
/// valid at `now`, or when a file cannot be written.
pub fn open(cert: &Path, key: &Path, now: SystemTime) -> Result<Opened, CertError> {
    let now = OffsetDateTime::from(now);
    if files::exists(cert)? && files::exists(key)? {
        return found(cert, key, now);
    }
    // Another server may make them now: what is there then belongs together.
    let _lock = files::lock(cert)?;
    match (files::exists(cert)?, files::exists(key)?) {
        (true, true) => found(cert, key, now),
        (false, false) => make(cert, key, now),
        (true, false) => Err(CertError::KeyMissing { cert: cert.into(), key: key.into() }),
        (false, true) => Err(CertError::CertificateMissing { cert: cert.into(), key: key.into() }),
    }
}

/// Reads the certificate in `cert` with the key in `key`, both PEM, for a client to present; makes and changes nothing.
/// Whether it is valid now is for whoever it is presented to.
///
/// Fails with a [`CertError`] that names the file when one is missing or malformed, and when the two do not belong together.
pub fn read(cert: &Path, key: &Path) -> Result<Arc<CertifiedKey>, CertError> {
    Leaf::read(cert, key).map(Leaf::into_certified_key)
}

/// Reads the CAs in `path`, PEM, at least one.
///
/// Fails with a [`CertError`] that names the file when it is missing or holds something else.
pub fn read_roots(path: &Path) -> Result<RootCertStore, CertError> {
    let mut roots = RootCertStore::empty();
    let chain = leaf::chain(path)?;
    if let Some(fault @ ChainFault::ShortRsaKey { .. }) = ChainFault::find(&chain) {
        return Err(CertError::Faulty { path: path.into(), fault });
    }
    for certificate in chain {
        roots.add(certificate).map_err(|error| leaf::malformed(path, &error))?;
    }
    Ok(roots)
}

fn found(cert: &Path, key: &Path, now: OffsetDateTime) -> Result<Opened, CertError> {
    let leaf = Leaf::read(cert, key)?;
    let mut warnings: Vec<_> = leaf.warning().into_iter().collect();
    let needs_renewal = leaf.needs_renewal(now);
    let authority = match Authority::beside(cert) {
        Ok(authority) => authority,
        Err(error @ CertError::NotSecret { .. }) => return Err(error),
        // A CA that cannot be used is no reason to refuse a certificate that is still valid.
        Err(error) => {
            let matters = needs_renewal || matches!(error, CertError::CaMissing { .. });
            warnings.extend(matters.then_some(error));
            None
        }
    };
    let Some(authority) = authority.filter(|authority| needs_renewal && authority.made(&leaf)) else {
        return leaf.valid_at(now).map(|leaf| leaf.opened(Origin::Found, warnings));
    };
    files::replace(cert, &authority.issue_for(&files::read_secret(key)?, key, now)?)?;
    Leaf::read(cert, key)?.valid_at(now).map(|leaf| leaf.opened(Origin::Renewed, warnings))
}

fn make(cert: &Path, key: &Path, now: OffsetDateTime) -> Result<Opened, CertError> {
    let authority = match Authority::beside(cert)? {
        Some(authority) => authority,
        None => Authority::make_beside(cert, now)?,
    };
    let key_pem = leaf::new_key()?;
    let cert_pem = authority.issue_for(key_pem.as_bytes(), key, now)?;
    files::create_secret(key, &key_pem)?;
    files::create(cert, &cert_pem)?;
    Leaf::read(cert, key)?.valid_at(now).map(|leaf| leaf.opened(Origin::Made, vec![]))
}
