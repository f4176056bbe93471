//! Faults for which TLS implementations reject a certificate chain, regardless of its issuer. Independent of trust.

use rustls::pki_types::CertificateDer;
use x509_parser::{
    prelude::{FromDer, GeneralName, X509Certificate, X509Version},
    public_key::PublicKey,
};

/// The shortest RSA key that rustls accepts, in bits.
pub const MIN_RSA_BITS: usize = 2048;

/// Why a chain is rejected. The message names the fault, [`ChainFault::remedy`] the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// The certificate is of an X.509 version without extensions (RFC 5280, section 4.1.2.1).
    #[error("it is X.509 version {version}, version 3 is required")]
    OldVersion {
        /// The certificate's version.
        version: u32,
    },
    /// An RSA key of the chain is shorter than [`MIN_RSA_BITS`].
    #[error("it has an RSA key of {bits} bits, at least {MIN_RSA_BITS} are required")]
    ShortRsaKey {
        /// The length of the key.
        bits: usize,
    },
    /// The chain begins with a CA's certificate instead of the end-entity certificate (RFC 8446, section 4.4.2).
    #[error("its chain begins with a CA's certificate")]
    CaFirst,
    /// The end-entity certificate is a CA's: accepted by curl, rejected by rustls and others.
    #[error("it is a CA's certificate, which rustls and Firefox reject")]
    IsCa,
    /// The certificate has no host in subjectAltName; its common name is ignored (RFC 9525, section 2).
    #[error("it has no subjectAltName, so it is valid for no host")]
    NoNames,
}

impl ChainFault {
    /// Returns the fault of a chain whose first certificate is the end entity's. Returns `None` for a valid chain and for
    /// one that cannot be parsed.
    pub fn find(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let read = |der| X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate);
        let chain: Vec<_> = chain.iter().map_while(|der| read(der)).collect();
        let (first, others) = chain.split_first()?;
        if let Some(bits) = chain.iter().filter_map(rsa_bits).find(|&bits| bits < MIN_RSA_BITS) {
            return Some(Self::ShortRsaKey { bits });
        }
        if first.version() != X509Version::V3 {
            return Some(Self::OldVersion { version: first.version().0.saturating_add(1) });
        }
        if first.is_ca() {
            return Some(if others.iter().all(|other| other.is_ca()) { Self::IsCa } else { Self::CaFirst });
        }
        (!names_a_host(first)).then_some(Self::NoNames)
    }

    /// Returns the remedy, in a few words.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::OldVersion { .. } => "reissue it with a subjectAltName, which makes it version 3",
            Self::ShortRsaKey { .. } => "reissue it for a longer key or a P-256 key",
            Self::CaFirst => "put the certificate of the key first, then the certificates of its CAs",
            Self::IsCa => "use a certificate issued with CA:FALSE (basicConstraints)",
            Self::NoNames => "reissue it with a subjectAltName, such as DNS:localhost",
        }
    }

    /// Returns whether rustls rejects the chain even as the server's own.
    pub(crate) fn is_fatal(self) -> bool {
        matches!(self, Self::OldVersion { .. } | Self::ShortRsaKey { .. })
    }
}

/// Returns the length of an RSA key, rounded up to whole bytes. Returns `None` for keys of other types.
fn rsa_bits(certificate: &X509Certificate<'_>) -> Option<usize> {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => {
            let zeros = key.modulus.iter().take_while(|&&byte| byte == 0).count();
            Some((key.modulus.len() - zeros) * 8)
        }
        _ => None,
    }
}

fn names_a_host(certificate: &X509Certificate<'_>) -> bool {
    let names = certificate.subject_alternative_name().ok().flatten();
    let is_host =
        |name: &GeneralName<'_>| matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_));
    names.is_some_and(|names| names.value.general_names.iter().any(is_host))
}
