//! Certificate files are created, reused, renewed or rejected, and never overwritten.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

#[path = "files/faults.rs"]
mod faults;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use increment_certs::{
    CA_VALIDITY_DAYS, CertError, CertificateSource, LEAF_VALIDITY_DAYS, RENEWAL_DAYS, ServerCertificate, open,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder for certificates, and a clock.
struct Folder {
    dir: TempDir,
    now: SystemTime,
}

impl Folder {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), now: SystemTime::now() }
    }

    fn with_certificate() -> Self {
        let folder = Self::new();
        folder.open().unwrap();
        folder
    }

    fn after_days(mut self, days: i64) -> Self {
        self.now += DAY * u32::try_from(days).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn open(&self) -> Result<ServerCertificate, CertError> {
        open(&self.path("server.pem"), &self.path("server.key"), self.now)
    }

    /// Writes a file with mode 0600.
    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
        self.set_mode(name, 0o600);
    }

    fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Asserts that opening succeeds with one warning, which contains each of `words`.
    fn assert_warns(&self, words: &[&str]) {
        let opened = self.open().unwrap();
        let [warning] = &*opened.warnings else { panic!("one warning: {:?}", opened.warnings) };
        let message = warning.to_string();
        assert!(!message.contains('\n'), "one line: {message}");
        for word in words {
            assert!(message.contains(word), "{message:?} should say {word:?}");
        }
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Replaces the server's certificate by one that the CA issued for other names, valid for a day.
    fn issue_by_hand(&self, names: &[&str]) {
        let text = |name| fs::read_to_string(self.path(name)).unwrap();
        let ca_key = rcgen::KeyPair::from_pem(&text("ca.key")).unwrap();
        let ca = rcgen::Issuer::from_ca_cert_pem(&text("ca.pem"), ca_key).unwrap();
        let key = rcgen::KeyPair::from_pem(&text("server.key")).unwrap();
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut leaf = rcgen::CertificateParams::new(names).unwrap();
        leaf.not_after = (self.now + DAY).into();
        self.write("server.pem", &leaf.signed_by(&key, &ca).unwrap().pem());
    }

    fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
            .collect()
    }

    /// Asserts that opening fails and changes no file, and that the message contains each of `words`.
    fn assert_rejects(&self, words: &[&str]) -> CertError {
        let before = self.contents();
        let error = self.open().unwrap_err();
        assert_eq!(self.contents(), before, "a failure changes no file");
        let message = error.to_string();
        assert!(!message.contains('\n'), "one line: {message}");
        for word in words {
            assert!(message.contains(word), "{message:?} should say {word:?}");
        }
        error
    }

    /// Returns whether a client that trusts `ca.pem` accepts the certificate for `name`.
    fn is_trusted_for(&self, name: &str) -> bool {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("ca.pem")).unwrap()).unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider().into();
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(roots.into(), provider);
        let since_epoch = self.now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        rustls::client::danger::ServerCertVerifier::verify_server_cert(
            &*verifier.build().unwrap(),
            &CertificateDer::from_pem_file(self.path("server.pem")).unwrap(),
            &[],
            &ServerName::try_from(name).unwrap(),
            &[],
            UnixTime::since_unix_epoch(since_epoch),
        )
        .is_ok()
    }
}

/// A self-signed certificate and its key.
fn self_signed(valid_until: SystemTime) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = valid_until.into();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn missing_files_are_created_and_then_reused() {
    let folder = Folder::new();
    assert_eq!(folder.open().unwrap().source, CertificateSource::Created);
    let created = folder.contents();
    assert_eq!(created.keys().collect::<Vec<_>>(), ["ca.key", "ca.pem", "server.key", "server.pem"]);
    assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);
    assert_eq!(folder.contents(), created);
}

#[test]
fn a_missing_folder_is_created() {
    let dir = TempDir::new().unwrap();
    let (cert, key) = (dir.path().join("a/b/server.pem"), dir.path().join("a/b/server.key"));
    assert_eq!(open(&cert, &key, SystemTime::now()).unwrap().source, CertificateSource::Created);
}

#[test]
fn concurrent_servers_create_matching_files() {
    for _ in 0..20 {
        let folder = Folder::new();
        let sources: Vec<_> = std::thread::scope(|scope| {
            let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| folder.open().unwrap().source)).collect();
            opening.into_iter().map(|opened| opened.join().unwrap()).collect()
        });
        assert_eq!(
            sources.iter().filter(|&&source| source == CertificateSource::Created).count(),
            1,
            "{sources:?}"
        );
        assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);
        assert!(folder.is_trusted_for("localhost"));
    }
}

#[cfg(unix)]
#[test]
fn keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with_certificate();
    let mode = |name| fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("ca.key"), mode("server.key")), (0o600, 0o600));
    assert_eq!(mode("server.pem") & 0o600, 0o600);
}

#[test]
fn a_client_that_trusts_the_ca_accepts_this_machine_only() {
    let folder = Folder::with_certificate();
    for name in ["localhost", "127.0.0.1", "::1"] {
        assert!(folder.is_trusted_for(name), "{name}");
    }
    assert!(!folder.is_trusted_for("example.org"));
}

#[test]
fn a_generated_certificate_is_renewed_before_it_expires() {
    let days_until_renewal = LEAF_VALIDITY_DAYS - RENEWAL_DAYS;
    let folder = Folder::with_certificate().after_days(days_until_renewal - 1);
    assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);

    for days in [2, LEAF_VALIDITY_DAYS, 10 * LEAF_VALIDITY_DAYS] {
        let folder = Folder::with_certificate().after_days(days_until_renewal + days);
        let before = folder.contents();
        assert_eq!(folder.open().unwrap().source, CertificateSource::Renewed, "{days}");
        let after = folder.contents();
        let changed: Vec<_> = after.keys().filter(|name| after[*name] != before[*name]).collect();
        assert_eq!(changed, ["server.pem"]);
        assert_ne!(serial(&after["server.pem"]), serial(&before["server.pem"]));
        assert!(folder.is_trusted_for("localhost"));
        assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);
    }
}

fn serial(pem: &[u8]) -> Vec<u8> {
    let der = CertificateDer::from_pem_slice(pem).unwrap();
    x509_parser::parse_x509_certificate(&der).unwrap().1.raw_serial().to_vec()
}

#[test]
fn a_removed_pair_is_created_again_by_the_same_ca() {
    let folder = Folder::with_certificate();
    let ca = folder.contents()["ca.pem"].clone();
    folder.remove("server.pem");
    folder.remove("server.key");
    assert_eq!(folder.open().unwrap().source, CertificateSource::Created);
    assert_eq!(folder.contents()["ca.pem"], ca);
    assert!(folder.is_trusted_for("localhost"));
}

#[test]
fn a_self_signed_certificate_is_used_unchanged() {
    let folder = Folder::new();
    let (cert, key) = self_signed(folder.now + DAY);
    folder.write("server.pem", &cert);
    folder.write("server.key", &key);
    assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);
    assert_eq!(folder.contents().len(), 2);
}

#[test]
fn a_certificate_of_a_users_own_ca_is_not_renewed() {
    let folder = Folder::new();
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::default();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = rcgen::CertifiedIssuer::self_signed(ca, ca_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let mut leaf = rcgen::CertificateParams::new(names).unwrap();
    leaf.not_after = (folder.now + DAY).into();
    folder.write("ca.pem", &ca.pem());
    folder.write("ca.key", &ca.key().serialize_pem());
    folder.write("server.pem", &leaf.signed_by(&key, &ca).unwrap().pem());
    folder.write("server.key", &key.serialize_pem());
    let before = folder.contents();
    assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);
    assert_eq!(folder.contents(), before);
}

#[test]
fn a_certificate_for_more_names_is_not_renewed() {
    let folder = Folder::with_certificate();
    folder.issue_by_hand(&["localhost", "127.0.0.1", "::1", "more.localhost"]);
    assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);
    assert!(folder.is_trusted_for("more.localhost"));
}

#[test]
fn a_certificate_of_the_ca_for_another_name_is_not_trusted() {
    let folder = Folder::with_certificate();
    folder.issue_by_hand(&["example.org"]);
    assert!(!folder.is_trusted_for("example.org"));
}

#[test]
fn the_ca_is_limited_to_server_certificates_for_localhost() {
    let folder = Folder::with_certificate();
    let ca = CertificateDer::from_pem_file(folder.path("ca.pem")).unwrap();
    let (_, ca) = x509_parser::parse_x509_certificate(&ca).unwrap();
    let uses = ca.extended_key_usage().unwrap().unwrap().value;
    assert!(
        uses.server_auth && !uses.any && !uses.client_auth && !uses.code_signing && !uses.email_protection
    );
    assert!(uses.other.is_empty());
    let names = ca.name_constraints().unwrap().unwrap().value.permitted_subtrees.as_ref().unwrap();
    let names: Vec<_> = names.iter().map(|subtree| subtree.base.to_string()).collect();
    assert_eq!(names, ["DNSName(localhost)", "RFC822Name(localhost)"]);
    assert_eq!(ca.basic_constraints().unwrap().unwrap().value.path_len_constraint, Some(0));
}

#[test]
fn an_expired_certificate_is_rejected() {
    let folder = Folder::with_certificate();
    let (cert, key) = self_signed(folder.now - DAY);
    folder.write("server.pem", &cert);
    folder.write("server.key", &key);
    assert!(matches!(folder.assert_rejects(&["server.pem", "expired on 20"]), CertError::Expired { .. }));
}

#[test]
fn a_certificate_that_cannot_be_renewed_is_used_until_it_expires() {
    let folder = Folder::with_certificate().after_days(LEAF_VALIDITY_DAYS - 1);
    folder.remove("ca.key");
    assert_eq!(folder.open().unwrap().source, CertificateSource::Existing);
    folder.assert_warns(&["ca.pem", "ca.key is missing"]);
    let folder = folder.after_days(2);
    assert!(matches!(folder.assert_rejects(&["server.pem", "expired on"]), CertError::Expired { .. }));
}

#[test]
fn a_ca_without_its_key_issues_nothing() {
    let folder = Folder::with_certificate();
    for name in ["ca.key", "server.pem", "server.key"] {
        folder.remove(name);
    }
    folder.assert_rejects(&["ca.pem", "ca.key is missing"]);
}

#[test]
fn a_certificate_that_is_not_yet_valid_is_rejected() {
    let mut folder = Folder::with_certificate();
    folder.now -= 10 * DAY;
    assert!(matches!(
        folder.assert_rejects(&["server.pem", "not valid before"]),
        CertError::NotYetValid { .. }
    ));
}

#[test]
fn a_certificate_or_a_key_alone_is_rejected() {
    let folder = Folder::with_certificate();
    folder.remove("server.key");
    assert!(matches!(
        folder.assert_rejects(&["server.pem", "server.key is missing"]),
        CertError::KeyMissing { .. }
    ));
    let folder = Folder::with_certificate();
    folder.remove("server.pem");
    let error = folder.assert_rejects(&["server.key", "server.pem is missing"]);
    assert!(matches!(error, CertError::CertificateMissing { .. }));
}

#[test]
fn a_key_of_another_certificate_is_rejected() {
    let folder = Folder::with_certificate();
    folder.write("server.key", &self_signed(folder.now + DAY).1);
    assert!(matches!(
        folder.assert_rejects(&["server.key", "not the key of", "server.pem"]),
        CertError::KeyMismatch { .. }
    ));
}

#[test]
fn a_ca_key_of_another_ca_is_rejected() {
    let folder = Folder::with_certificate();
    folder.write("ca.key", &self_signed(folder.now + DAY).1);
    folder.remove("server.pem");
    folder.remove("server.key");
    assert!(matches!(
        folder.assert_rejects(&["ca.key", "not the key of", "ca.pem"]),
        CertError::KeyMismatch { .. }
    ));
}

#[test]
fn an_expired_ca_issues_nothing() {
    let folder = Folder::with_certificate().after_days(CA_VALIDITY_DAYS + 1);
    folder.remove("server.pem");
    folder.remove("server.key");
    folder.assert_rejects(&["ca.pem", "expired on"]);
}

#[test]
fn the_error_names_a_malformed_file() {
    let good = Folder::with_certificate().contents();
    let key = String::from_utf8(good["server.key"].clone()).unwrap();
    let cert = String::from_utf8(good["server.pem"].clone()).unwrap();
    let not_x509 = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let not_base64 = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let not_a_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let cut = &cert[..cert.len() / 2];
    for bad in ["", "hello", "\0\u{fffd}", not_x509, not_base64, cut, &key] {
        let folder = Folder::with_certificate();
        folder.write("server.pem", bad);
        assert!(
            matches!(folder.assert_rejects(&["server.pem", "malformed"]), CertError::Malformed { .. }),
            "{bad:?}"
        );
    }
    for bad in ["", "hello", not_a_key, &key[..key.len() / 2], &cert] {
        let folder = Folder::with_certificate();
        folder.write("server.key", bad);
        assert!(
            matches!(folder.assert_rejects(&["server.key", "malformed"]), CertError::Malformed { .. }),
            "{bad:?}"
        );
    }
}

#[test]
fn the_error_names_an_unreadable_file() {
    for name in ["server.pem", "server.key"] {
        let folder = Folder::with_certificate();
        folder.remove(name);
        fs::create_dir(folder.path(name)).unwrap();
        assert!(
            matches!(folder.assert_rejects(&["cannot read", name]), CertError::Unreadable { .. }),
            "{name}"
        );
    }
}

#[test]
fn the_error_names_a_folder_that_cannot_be_written() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let in_a_file = |name: &str| Path::new(&dir.path().join("file")).join(name);
    let error = open(&in_a_file("server.pem"), &in_a_file("server.key"), SystemTime::now()).unwrap_err();
    assert!(error.to_string().contains("file/"), "{error}");
}
