//! The development CA: created once in the folder of the server's certificate, which it issues and renews.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use crate::{
    error::CertError,
    files,
    leaf::{self, LEAF_VALIDITY_DAYS, Leaf, check_validity},
    random::random,
};

/// The validity of the development CA, in days: ten years.
pub const CA_VALIDITY_DAYS: i64 = 3650;

const CA_CERT: &str = "ca.pem";
const CA_KEY: &str = "ca.key";

/// The start of a development CA's common name.
const CA_NAME: &str = "increment development CA";

/// The validity starts an hour in the past, for clients whose clock is behind.
const BACKDATE: Duration = Duration::hours(1);

/// A CA with its certificate and key.
pub(crate) struct Authority {
    path: PathBuf,
    der: CertificateDer<'static>,
    validity: (OffsetDateTime, OffsetDateTime),
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the CA in the folder of `cert`. Returns `None` if neither of its files exists.
    pub(crate) fn open_beside(cert: &Path) -> Result<Option<Self>, CertError> {
        let (ca, key) = (files::sibling(cert, CA_CERT), files::sibling(cert, CA_KEY));
        match (files::exists(&ca)?, files::exists(&key)?) {
            (true, true) => Self::read(ca, &key).map(Some),
            (false, false) => Ok(None),
            (true, false) => Err(CertError::KeyMissing { cert: ca, key }),
            (false, true) => Err(CertError::CaMissing { ca, key }),
        }
    }

    /// Creates a CA in the folder of `cert`.
    pub(crate) fn create_beside(cert: &Path, now: OffsetDateTime) -> Result<Self, CertError> {
        let (ca, key) = (files::sibling(cert, CA_CERT), files::sibling(cert, CA_KEY));
        let key_pem = leaf::generate_key()?;
        let cert_pem = authority_params(now)?.self_signed(&KeyPair::from_pem(&key_pem)?)?.pem();
        files::create_secret(&key, &key_pem)?;
        files::create(&ca, &cert_pem)?;
        Self::read(ca, &key)
    }

    fn read(path: PathBuf, key: &Path) -> Result<Self, CertError> {
        let key_pair = key_pair(&files::read_secret(key)?, key)?;
        let der = leaf::read_chain(&path)?.swap_remove(0);
        let certificate = leaf::parse(&path, &der)?;
        let validity = leaf::validity(&certificate);
        if certificate.public_key().raw != key_pair.subject_public_key_info() {
            return Err(CertError::KeyMismatch { cert: path, key: key.into() });
        }
        let issuer =
            Issuer::from_ca_cert_der(&der, key_pair).map_err(|error| CertError::malformed(&path, &error))?;
        Ok(Self { path, der, validity, issuer })
    }

    /// Returns whether [`Self::issue_for`] issued the leaf: this is a development CA, it signed the leaf, and the leaf has
    /// the generated names only. A user's own CA, and a certificate issued by hand for more names, are left alone.
    pub(crate) fn issued(&self, leaf: &Leaf) -> bool {
        let (Ok(ca), Ok(leaf)) = (leaf::parse(&self.path, &self.der), leaf::parse(&self.path, leaf.der()))
        else {
            return false;
        };
        let mut ca_names = ca.subject().iter_common_name();
        ca_names.any(|name| name.as_str().is_ok_and(|name| name.starts_with(CA_NAME)))
            && leaf.verify_signature(Some(ca.public_key())).is_ok()
            && leaf::has_local_names_only(&leaf)
    }

    /// Issues a certificate, PEM, for the key in `key_pem`, the content of the file `key`.
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
    let pem = std::str::from_utf8(pem).map_err(|_| CertError::malformed(path, &"it is not UTF-8"))?;
    KeyPair::from_pem(pem).map_err(|error| CertError::malformed(path, &error))
}

fn authority_params(now: OffsetDateTime) -> Result<CertificateParams, CertError> {
    let mut params = params(now, CA_VALIDITY_DAYS)?;
    // The random part distinguishes two CAs in a browser's list.
    let name = format!("{CA_NAME} {:08x}", u32::from_be_bytes(random()?));
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Limits the CA to server certificates: the purposes of a CA bound those of the certificates that it issues
    // (CA/Browser Forum, Baseline Requirements, section 7.1.2.10.6).
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Limits the CA to the name localhost (RFC 5280, section 4.2.1.10). IP addresses are not constrained: BoringSSL, and
    // so gRPC's C core, rejects such constraints.
    let local = leaf::LOCAL_NAME;
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName(local.into()),
            GeneralSubtree::Rfc822Name(local.into()),
        ],
        excluded_subtrees: vec![],
    });
    Ok(params)
}

fn leaf_params(now: OffsetDateTime) -> Result<CertificateParams, CertError> {
    let mut params = params(now, LEAF_VALIDITY_DAYS)?;
    params.distinguished_name.push(DnType::CommonName, leaf::LOCAL_NAME);
    params.subject_alt_names = vec![
        SanType::DnsName(leaf::LOCAL_NAME.try_into()?),
        SanType::IpAddress(leaf::LOCAL_IPV4.into()),
        SanType::IpAddress(leaf::LOCAL_IPV6.into()),
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
    // rcgen derives the serial number from the key, which a renewal reuses. Serial numbers of an issuer must be unique and
    // positive (RFC 5280, section 4.1.2.2).
    let mut serial: [u8; 16] = random()?;
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}
