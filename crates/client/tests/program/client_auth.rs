//! `--cert` and `--key`: the client certificate of mutual TLS.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use tempfile::TempDir;

use crate::{
    common::server::Server,
    run::{failure, increment, outcome},
};

const PROTOCOLS: [&str; 2] = ["grpc", "grpc-web"];

/// A CA of client certificates, and a folder for their files.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    /// A server that trusts this CA for clients. `auth` is `optional` or `required`.
    fn server(&self, auth: &str) -> Server {
        let ca = self.path("ca.pem").display().to_string();
        Server::with_options(&["--client-auth", auth, "--client-ca", &ca])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Issues a certificate for this name. Returns the options that present it.
    fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Vec<String> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let (cert_file, key_file) = (self.path("mine.pem"), self.path("mine.key"));
        fs::write(&cert_file, certificate.pem()).unwrap();
        write_secret(&key_file, &key.serialize_pem());
        let path = |path: PathBuf| path.display().to_string();
        vec!["--cert".into(), path(cert_file), "--key".into(), path(key_file)]
    }

    fn alice(&self) -> Vec<String> {
        self.issue("alice", |_| {})
    }
}

/// Writes a file with mode 0600.
fn write_secret(path: &Path, content: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_server_reports_the_subject_of_the_client_certificate() {
    let people = Authority::new("people");
    for auth in ["optional", "required"] {
        let server = people.server(auth);
        let options = [server.options(), people.alice()].concat();
        for protocol in PROTOCOLS {
            let (code, stdout, stderr) = outcome(&options, &["connection", "--protocol", protocol]);
            assert_eq!((code, &*stderr), (0, ""));
            let line = stdout.lines().find(|line| line.starts_with("client certificate")).unwrap();
            assert!(line.ends_with("  CN=alice"), "{line}");
            let (_, stdout, _) = outcome(&options, &["connection", "--json", "--protocol", protocol]);
            assert!(stdout.contains(r#""clientCertificateSubject":"CN=alice""#), "{stdout}");
        }
        let (code, stdout, _) = outcome(&options, &["doctor"]);
        assert_eq!(code, 0, "{stdout}");
    }
}

#[test]
fn an_optional_client_certificate_can_be_omitted() {
    let people = Authority::new("people");
    let without_certificate = outcome(&people.server("optional").options(), &["send", "1"]);
    assert_eq!(without_certificate, (0, "Send: 1, Return: 2\n".into(), "".into()));
    // A server that does not request a certificate is not sent one.
    let server = Server::start();
    let (code, stdout, _) = outcome(&[server.options(), people.alice()].concat(), &["connection"]);
    assert_eq!(code, 0);
    let line = stdout.lines().find(|line| line.starts_with("client certificate")).unwrap();
    assert!(line.ends_with("  none"), "{line}");
}

#[test]
fn a_call_without_a_required_client_certificate_fails() {
    let people = Authority::new("people");
    let server = people.server("required");
    for protocol in PROTOCOLS {
        let line = failure(&server.options(), &["send", "1", "--protocol", protocol]);
        assert!(
            line.contains(&server.url()) && line.contains("--cert and --key name a certificate"),
            "{line}"
        );
        let (code, stdout, _) = outcome(&server.options(), &["doctor", "--protocol", protocol]);
        assert_eq!(code, 1);
        assert!(stdout.contains("\nproblem: The service denied access\n"), "{stdout}");
        assert!(stdout.contains("--cert and --key"), "{stdout}");
    }
}

#[test]
fn a_client_certificate_that_does_not_verify_is_rejected_with_the_reason() {
    let [people, others, same_name] = ["people", "others", "people"].map(Authority::new);
    for auth in ["optional", "required"] {
        let server = people.server(auth);
        for protocol in PROTOCOLS {
            let rejection = |presented: Vec<String>| {
                let options = [server.options(), presented].concat();
                failure(&options, &["send", "1", "--protocol", protocol])
            };
            let line = rejection(others.alice());
            assert!(line.contains("does not trust the CA of the client certificate"), "{line}");
            assert!(line.contains("--cert and --key name a certificate"), "{line}");
            let line = rejection(same_name.alice());
            assert!(line.contains("not signed by the CA that it names"), "{line}");
            let line =
                rejection(people.issue("late", |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1)));
            assert!(line.contains("has expired or is not valid yet"), "{line}");
            let line = rejection(people.issue("host", |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }));
            assert!(line.contains("not for client authentication"), "{line}");
        }
    }
}

#[test]
fn the_variables_of_the_client_certificate_differ_from_the_servers() {
    let people = Authority::new("people");
    let server = people.server("required");
    let [_, cert, _, key] = <[String; 4]>::try_from(people.alice()).unwrap();
    let mut command = increment(&server.options(), &["send", "1"]);
    command.env("INCREMENT_CLIENT_CERT", &cert).env("INCREMENT_CLIENT_KEY", &key);
    command.env("INCREMENT_CERT", "server.pem").env("INCREMENT_KEY", "server.key");
    let output = command.output().unwrap();
    assert_eq!((&*output.stdout, &*output.stderr), (&b"Send: 1, Return: 2\n"[..], &b""[..]));
}

#[test]
fn the_error_names_an_unusable_file() {
    let (people, server) = (Authority::new("people"), Server::start());
    let [_, cert, _, key] = <[String; 4]>::try_from(people.alice()).unwrap();
    let (ca, none) = (people.path("ca.pem").display().to_string(), people.path("none").display().to_string());
    let [open, no_key, encrypted] = ["open.key", "no.key", "encrypted.key"].map(|name| {
        let path = people.path(name);
        let head =
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n-----END RSA PRIVATE KEY-----\n";
        write_secret(&path, if name == "encrypted.key" { head } else { "" });
        path.display().to_string()
    });
    fs::copy(&cert, &open).unwrap();
    for (cert, key, expected) in [
        (&none, &key, [&*none, "cannot read"]),
        (&cert, &none, [&*none, "cannot read"]),
        (&key, &key, [&*key, "holds no certificate"]),
        (&cert, &open, [&*open, "chmod 600"]),
        (&cert, &no_key, [&*no_key, "no unencrypted private key"]),
        (&cert, &encrypted, [&*encrypted, "openssl pkey -in"]),
        (&ca, &key, [&*ca, "is not the key of the certificate"]),
    ] {
        let line = failure(&server.options(), &["--cert", cert, "--key", key, "send", "1"]);
        assert!(line.contains("--cert and --key"), "{line}");
        assert!(expected.iter().all(|expected| line.contains(expected)), "{line}");
    }
}

#[test]
fn a_certificate_without_a_key_is_wrong_use() {
    let server = Server::start();
    for args in [&["--cert", "mine.pem", "send", "1"][..], &["send", "1", "--cert", "mine.pem"]] {
        let (code, _, stderr) = outcome(&server.options(), args);
        assert_eq!(code, 2);
        assert!(stderr.starts_with("error: --cert mine.pem requires --key"), "{stderr}");
    }
    let people = Authority::new("people");
    let [_, cert, _, key] = <[String; 4]>::try_from(people.alice()).unwrap();
    let (code, ..) = outcome(&server.options(), &["--cert", &cert, "send", "1", "--key", &key]);
    assert_eq!(code, 0);
}
