//! What makes TLS refuse a certificate chain, whoever issued it. Independent of whose chain it is, a server's or a
//! client's, and of whether anybody trusts it.

use rustls::pki_types::CertificateDer;
use x509_parser::{
    prelude::{FromDer, GeneralName, X509Certificate, X509Version},
    public_key::PublicKey,
};

/// The fewest bits of an RSA key that rustls takes.
pub const MIN_RSA_BITS: usize = 2048;

/// Why a chain is refused; its message says what is wrong, and [`ChainFault::remedy`] what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainFault {
    /// The certificate has an old version of X.509, which has no extensions (RFC 5280, section 4.1.2.1).
    #[error("it is X.509 version {version}, and has to be version 3")]
    OldVersion {
        /// The version that it has.
        version: u32,
    },
    /// An RSA key in the chain has fewer than [`MIN_RSA_BITS`].
    #[error("it has an RSA key of {bits} bits, and {MIN_RSA_BITS} are the fewest")]
    ShortRsaKey {
        /// How many bits the key has.
        bits: usize,
    },
    /// The chain begins with a CA's certificate, and has another one (RFC 8446, section 4.4.2).
    #[error("its chain begins with a CA's certificate")]
    CaFirst,
    /// The certificate is a CA's: curl takes it, rustls and others do not.
    #[error("it is a CA's certificate, which curl accepts, and rustls and Firefox do not")]
    IsCa,
    /// The certificate has no name in subjectAltName, and its common name counts for nothing (RFC 9525, section 2).
    #[error("it has no subjectAltName, and so is for no host")]
    NoNames,
}

impl ChainFault {
    /// The fault of a chain that begins with the certificate of a server; none where it has none, or cannot be read.
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

    /// What to do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::OldVersion { .. } => "have it issued with a subjectAltName, which makes it version 3",
            Self::ShortRsaKey { .. } => "have a longer key certified, or one of P-256",
            Self::CaFirst => "put the certificate of the key first, then those of the CAs above it",
            Self::IsCa => "have a certificate issued with CA:FALSE (basicConstraints)",
            Self::NoNames => "have it issued with a subjectAltName, such as DNS:localhost",
        }
    }

    /// Whether not even the owner can use such a chain.
    pub(crate) fn is_fatal(self) -> bool {
        matches!(self, Self::OldVersion { .. } | Self::ShortRsaKey { .. })
    }
}

/// The bits of an RSA key, in whole bytes; none where the key is another one.
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
