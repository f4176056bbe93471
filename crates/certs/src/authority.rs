//! The development CA: made once beside the server's certificate, then kept; it issues and renews.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData, SanType, SerialNumber,
};
use rustls::{crypto::aws_lc_rs, pki_types::CertificateDer};
use time::{Duration, OffsetDateTime};

use crate::{
    CertError, LEAF_VALIDITY_DAYS, files,
    leaf::{self, Leaf, check_validity, malformed},
};

/// How long the development CA is valid, in days: ten years.
pub const CA_VALIDITY_DAYS: i64 = 3650;

const CA_CERT: &str = "ca.pem";
const CA_KEY: &str = "ca.key";

/// How the name of a CA made here begins.
const CA_NAME: &str = "increment development CA";

/// Begun an hour ago, a certificate is valid for a client whose clock is somewhat behind.
const BACKDATE: Duration = Duration::hours(1);

/// A CA whose certificate and key are at hand.
pub(crate) struct Authority {
    path: PathBuf,
    der: CertificateDer<'static>,
    validity: (OffsetDateTime, OffsetDateTime),
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// The CA in the folder of `cert`; none where neither of its files is there.
    pub(crate) fn beside(cert: &Path) -> Result<Option<Self>, CertError> {
        let (ca, key) = (files::beside(cert, CA_CERT), files::beside(cert, CA_KEY));
        match (files::exists(&ca)?, files::exists(&key)?) {
            (true, true) => Self::read(ca, &key).map(Some),
            (false, false) => Ok(None),
            (true, false) => Err(CertError::KeyMissing { cert: ca, key }),
            (false, true) => Err(CertError::CaMissing { ca, key }),
        }
    }

    /// Makes a CA in the folder of `cert`.
    pub(crate) fn make_beside(cert: &Path, now: OffsetDateTime) -> Result<Self, CertError> {
        let (ca, key) = (files::beside(cert, CA_CERT), files::beside(cert, CA_KEY));
        let key_pem = leaf::new_key()?;
        let cert_pem = authority_params(now)?.self_signed(&KeyPair::from_pem(&key_pem)?)?.pem();
        files::create_secret(&key, &key_pem)?;
        files::create(&ca, &cert_pem)?;
        Self::read(ca, &key)
    }

    fn read(path: PathBuf, key: &Path) -> Result<Self, CertError> {
        let key_pair = key_pair(&files::read_secret(key)?, key)?;
        let der = leaf::chain(&path)?.swap_remove(0);
        let certificate = leaf::parse(&path, &der)?;
        let validity = leaf::validity(&certificate);
        if certificate.public_key().raw != key_pair.subject_public_key_info() {
            return Err(CertError::Mismatch { cert: path, key: key.into() });
        }
        let issuer = Issuer::from_ca_cert_der(&der, key_pair).map_err(|error| malformed(&path, &error))?;
        Ok(Self { path, der, validity, issuer })
    }

    /// Whether the leaf was made here: signed by this CA, this CA made here too, and for the names that are given here.
    /// Somebody's own CA may lie beside a certificate, and one of ours for more names is somebody's work as well.
    pub(crate) fn made(&self, leaf: &Leaf) -> bool {
        let (Ok(ca), Ok(leaf)) = (leaf::parse(&self.path, &self.der), leaf::parse(&self.path, leaf.der()))
        else {
            return false;
        };
        let mut ca_names = ca.subject().iter_common_name();
        ca_names.any(|name| name.as_str().is_ok_and(|name| name.starts_with(CA_NAME)))
            && leaf.verify_signature(Some(ca.public_key())).is_ok()
            && leaf::has_own_names_only(&leaf)
    }

    /// A certificate in PEM for the key in `key_pem`, which is what `key` holds or will hold.
    pub(crate) fn issue_for(
        &self,
        key_pem: &[u8],
        key: &Path,
        now: OffsetDateTime,
    ) -> Result<String, CertError> {
        check_validity(&self.path, self.validity, now)?;
        let mut params = leaf_params(now)?;
        params.not_after = params.not_after.min(self.validity.1);
        Ok(params.signed_by(&key_pair(key_pem, key)?, &self.issuer)?.pem())
    }
}

fn key_pair(pem: &[u8], path: &Path) -> Result<KeyPair, CertError> {
    if leaf::is_encrypted(pem) {
        return Err(CertError::EncryptedKey { path: path.into() });
    }
    let pem = std::str::from_utf8(pem).map_err(|_| malformed(path, &"it is not text"))?;
    KeyPair::from_pem(pem).map_err(|error| malformed(path, &error))
}

fn authority_params(now: OffsetDateTime) -> Result<CertificateParams, CertError> {
    let mut params = params(now, CA_VALIDITY_DAYS)?;
    // The random part tells two CAs apart in a browser's list.
    let name = format!("{CA_NAME} {:08x}", u32::from_be_bytes(random()?));
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Whoever trusts this CA trusts it for servers, not for programs, mail or clients: in a CA's certificate the purposes
    // bound those of what it issues (CA/Browser Forum, Baseline Requirements, section 7.1.2.10.6).
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // And for no other name than this machine's own (RFC 5280, section 4.2.1.10). A constraint on addresses would bound
    // those too, but BoringSSL, and so gRPC's C core, refuses to read one.
    let own = leaf::OWN_NAME;
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(own.into()), GeneralSubtree::Rfc822Name(own.into())],
        excluded_subtrees: vec![],
    });
    Ok(params)
}

fn leaf_params(now: OffsetDateTime) -> Result<CertificateParams, CertError> {
    let mut params = params(now, LEAF_VALIDITY_DAYS)?;
    params.distinguished_name.push(DnType::CommonName, leaf::OWN_NAME);
    params.subject_alt_names = vec![
        SanType::DnsName(leaf::OWN_NAME.try_into()?),
        SanType::IpAddress(leaf::OWN_IPV4.into()),
        SanType::IpAddress(leaf::OWN_IPV6.into()),
    ];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn params(now: OffsetDateTime, days: i64) -> Result<CertificateParams, CertError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = now - BACKDATE;
    params.not_after = now + Duration::days(days);
    // rcgen derives the serial from the key, which a renewal keeps; two certificates of one issuer must differ in it
    // (RFC 5280, section 4.1.2.2, which also wants it positive).
    let mut serial: [u8; 16] = random()?;
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], CertError> {
    let mut bytes = [0; N];
    let provider = aws_lc_rs::default_provider();
    provider.secure_random.fill(&mut bytes).map_err(|_| rcgen::Error::RingUnspecified)?;
    Ok(bytes)
}
