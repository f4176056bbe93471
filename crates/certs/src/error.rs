//! Errors of certificate, key and token files. Each names the file and the remedy.

use std::{fmt::Display, io, path::Path, path::PathBuf};

use crate::fault::ChainFault;

/// Why a certificate, a key or a token cannot be used. The message is one line that names the file and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The content of a file cannot be parsed.
    #[error("{} is malformed: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with the content.
        reason: String,
    },
    /// A file with secrets is readable by other users.
    #[error("{0} is for secrets, but readable by other users; run: chmod 600 {0}", path.display())]
    InsecurePermissions {
        /// The file.
        path: PathBuf,
    },
    /// A file for secrets is owned by another user.
    #[error("{} is owned by another user, who could read the secrets; remove it, or name another file", path.display())]
    WrongOwner {
        /// The file.
        path: PathBuf,
    },
    /// A private key is encrypted. No passphrase is asked for.
    #[error("the key {0} is encrypted; decrypt it: openssl pkey -in {0} -out decrypted.key", path.display())]
    EncryptedKey {
        /// The key's file.
        path: PathBuf,
    },
    /// A certificate chain is rejected by TLS implementations.
    #[error("the certificate {} does not work with TLS: {fault}; {}", path.display(), fault.remedy())]
    InvalidChain {
        /// The certificate's file.
        path: PathBuf,
        /// What is wrong with the chain.
        fault: ChainFault,
    },
    /// The development CA has a key and no certificate.
    #[error(
        "{} is missing, so no client can trust a certificate signed with {}; restore it, or remove that key, the \
         server's certificate and its key to have all of them created again",
        ca.display(), key.display()
    )]
    CaMissing {
        /// Where the CA's certificate is expected.
        ca: PathBuf,
        /// The CA's key.
        key: PathBuf,
    },
    /// A certificate has no key.
    #[error(
        "the certificate {} has no key: {} is missing; restore the key, or remove the certificate to have both created",
        cert.display(), key.display()
    )]
    KeyMissing {
        /// The certificate's file.
        cert: PathBuf,
        /// Where the key is expected.
        key: PathBuf,
    },
    /// A key has no certificate.
    #[error(
        "the key {} has no certificate: {} is missing; restore the certificate, or remove the key to have both created",
        key.display(), cert.display()
    )]
    CertificateMissing {
        /// Where the certificate is expected.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A key does not match the certificate's public key.
    #[error("{} is not the key of the certificate {}; name a certificate and its own key", key.display(), cert.display())]
    KeyMismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A certificate has expired.
    #[error(
        "the certificate {} expired on {expired}; replace it, or remove it with its key to have both created",
        path.display()
    )]
    Expired {
        /// The certificate's file.
        path: PathBuf,
        /// The last day of its validity, such as `2026-11-22`.
        expired: String,
    },
    /// The validity period of a certificate has not begun.
    #[error(
        "the certificate {} is not valid before {begins}; check the clock of this machine, or replace the certificate",
        path.display()
    )]
    NotYetValid {
        /// The certificate's file.
        path: PathBuf,
        /// The first day of its validity, such as `2026-11-22`.
        begins: String,
    },
    /// A key or a certificate cannot be generated.
    #[error("cannot generate a certificate: {0}")]
    Generate(#[from] rcgen::Error),
}

impl CertError {
    pub(crate) fn malformed(path: &Path, reason: &dyn Display) -> Self {
        Self::Malformed { path: path.into(), reason: reason.to_string() }
    }
}
