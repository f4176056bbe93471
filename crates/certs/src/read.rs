//! Reads PEM files without creating or changing any: a certificate with its key, and trusted CAs.

use std::{path::Path, sync::Arc};

use rustls::{RootCertStore, sign::CertifiedKey};

use crate::{
    error::CertError,
    fault::ChainFault,
    leaf::{self, Leaf},
};

/// Reads the certificate in `cert` with the key in `key`, both PEM. The validity period is not checked.
///
/// # Errors
///
/// Returns a [`CertError`] that names the file if one is missing or malformed, or if the two do not match.
pub fn read_certified_key(cert: &Path, key: &Path) -> Result<Arc<CertifiedKey>, CertError> {
    Leaf::read(cert, key).map(Leaf::into_certified_key)
}

/// Reads the CA certificates in `path`, PEM, at least one.
///
/// # Errors
///
/// Returns a [`CertError`] that names the file if it is missing, malformed or holds no certificate.
pub fn read_roots(path: &Path) -> Result<RootCertStore, CertError> {
    let mut roots = RootCertStore::empty();
    let chain = leaf::read_chain(path)?;
    if let Some(fault @ ChainFault::ShortRsaKey { .. }) = ChainFault::find(&chain) {
        return Err(CertError::InvalidChain { path: path.into(), fault });
    }
    for certificate in chain {
        roots.add(certificate).map_err(|error| CertError::malformed(path, &error))?;
    }
    Ok(roots)
}
