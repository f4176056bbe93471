//! What can be wrong with certificate files, each named with its remedy.

use std::{io, path::PathBuf};

use crate::ChainFault;

/// Why a certificate and its key cannot be used. Each message names the file and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertError {
    /// A file is there but cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} is malformed: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// A file of secrets can be read by others.
    #[error("others can read {0}, which holds secrets; type: chmod 600 {0}", path.display())]
    NotSecret {
        /// The file.
        path: PathBuf,
    },
    /// A file for secrets belongs to another user.
    #[error("{} belongs to another user, who could read the secrets; remove it, or name another file", path.display())]
    NotOwn {
        /// The file.
        path: PathBuf,
    },
    /// A private key is encrypted, and nobody is there to type its passphrase.
    #[error("the key {0} is encrypted; decrypt it: openssl pkey -in {0} -out decrypted.key", path.display())]
    EncryptedKey {
        /// The key's file.
        path: PathBuf,
    },
    /// A certificate chain is one that TLS refuses.
    #[error("the certificate {} does not work with TLS: {fault}; {}", path.display(), fault.remedy())]
    Faulty {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ChainFault,
    },
    /// The development CA's key is there, its certificate is not.
    #[error(
        "{} is missing, so that no client can trust what its key {} signed; put it back, or remove that key with the \
         server's certificate and key to have all made anew",
        ca.display(), key.display()
    )]
    CaMissing {
        /// Where the CA's certificate should be.
        ca: PathBuf,
        /// The CA's key.
        key: PathBuf,
    },
    /// The certificate is there, its key is not.
    #[error(
        "the certificate {} has no key: {} is missing; put the key there, or remove the certificate to have both made",
        cert.display(), key.display()
    )]
    KeyMissing {
        /// The certificate's file.
        cert: PathBuf,
        /// Where its key should be.
        key: PathBuf,
    },
    /// The key is there, its certificate is not.
    #[error(
        "the key {} has no certificate: {} is missing; put the certificate there, or remove the key to have both made",
        key.display(), cert.display()
    )]
    CertificateMissing {
        /// Where the certificate should be.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The key belongs to another certificate.
    #[error("{} is not the key of the certificate {}; give the two that belong together", key.display(), cert.display())]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A certificate's time is over.
    #[error("the certificate {} expired on {expired}; replace it, or remove it with its key to have new ones made", path.display())]
    Expired {
        /// The certificate's file.
        path: PathBuf,
        /// Its last day, such as `2026-11-22`.
        expired: String,
    },
    /// A certificate's time has not come.
    #[error("the certificate {} is not valid before {begins}; check this machine's clock, or replace it", path.display())]
    NotYetValid {
        /// The certificate's file.
        path: PathBuf,
        /// Its first day, such as `2026-11-22`.
        begins: String,
    },
    /// The cryptography library could not make a key or a certificate.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
}
