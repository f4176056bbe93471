//! The server's certificate and key for rustls: read and checked, created if both are missing, and renewed if created
//! here. Used before step 4 of the path of a click.
//!
//! A development CA signs generated certificates, so that a client trusts one file, `ca.pem`, across renewals. The CA is
//! limited to server certificates for `localhost`.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let (cert, key) = (folder.path().join("server.pem"), folder.path().join("server.key"));
//! let certificate = increment_certs::open(&cert, &key, std::time::SystemTime::now())?;
//! assert_eq!(certificate.source, increment_certs::CertificateSource::Created);
//! assert!(folder.path().join("ca.pem").exists());
//! # Ok(())
//! # }
//! ```

mod authority;
mod error;
mod fault;
mod files;
mod info;
mod key_log;
mod leaf;
mod random;
mod read;
mod server_certificate;
mod token;

pub use self::{
    authority::CA_VALIDITY_DAYS,
    error::CertError,
    fault::{ChainFault, MIN_RSA_BITS},
    info::CertificateInfo,
    key_log::KeyLogFile,
    leaf::{LEAF_VALIDITY_DAYS, RENEWAL_DAYS},
    read::{read_certified_key, read_roots},
    server_certificate::{CertificateSource, ServerCertificate, open},
    token::{BearerToken, MAX_TOKEN_CHARS, MIN_TOKEN_CHARS},
};
