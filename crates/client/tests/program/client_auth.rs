//! `--cert` and `--key`: who calls, to a server that asks (mutual TLS).

use std::{
    fs,
    path::{Path, PathBuf},
};

use increment_server::tls::{self, Clients};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::RootCertStore;
use tempfile::TempDir;

use crate::{Server, failure, increment, outcome};

const PROTOCOLS: [&str; 2] = ["grpc", "grpc-web"];

/// A CA that vouches for clients, and the files of those.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    /// The CA of this name.
    fn of(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, folder }
    }

    fn roots(&self) -> RootCertStore {
        increment_certs::read_roots(&self.folder.path().join("ca.pem")).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The options that present a certificate for somebody, changed in some way.
    fn vouch(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Vec<String> {
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
        self.vouch("alice", |_| {})
    }
}

/// Writes a file that only its owner can read.
fn write_secret(path: &Path, content: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn server(clients: Clients) -> Server {
    Server::speaking(|certified_key| tls::config_for(clients, certified_key).unwrap())
}

#[test]
fn the_server_tells_who_calls() {
    let people = Authority::of("people");
    for clients in [Clients::MayIdentify(people.roots()), Clients::MustIdentify(people.roots())] {
        let server = server(clients);
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
fn who_need_not_identify_themselves_may_still_call() {
    let people = Authority::of("people");
    let anybody = outcome(&server(Clients::MayIdentify(people.roots())).options(), &["send", "1"]);
    assert_eq!(anybody, (0, "Send: 1, Return: 2\n".into(), "".into()));
    // A server that does not ask is not told.
    let server = Server::start();
    let (code, stdout, _) = outcome(&[server.options(), people.alice()].concat(), &["connection"]);
    assert_eq!(code, 0);
    let line = stdout.lines().find(|line| line.starts_with("client certificate")).unwrap();
    assert!(line.ends_with("  none"), "{line}");
}

#[test]
fn nobody_is_let_in_without_a_certificate_where_one_is_required() {
    let people = Authority::of("people");
    let server = server(Clients::MustIdentify(people.roots()));
    for protocol in PROTOCOLS {
        let line = failure(&server.options(), &["send", "1", "--protocol", protocol]);
        assert!(
            line.contains(&server.url()) && line.contains("--cert and --key name a certificate"),
            "{line}"
        );
        let (code, stdout, _) = outcome(&server.options(), &["doctor", "--protocol", protocol]);
        assert_eq!(code, 1);
        assert!(stdout.contains("\ntrouble: The service denied access\n"), "{stdout}");
        assert!(stdout.contains("--cert and --key"), "{stdout}");
    }
}

#[test]
fn a_certificate_that_does_not_verify_is_refused_with_the_reason() {
    let [people, others, pretenders] = ["people", "others", "people"].map(Authority::of);
    for clients in [Clients::MayIdentify(people.roots()), Clients::MustIdentify(people.roots())] {
        let server = server(clients);
        for protocol in PROTOCOLS {
            let refused = |presented: Vec<String>| {
                let options = [server.options(), presented].concat();
                failure(&options, &["send", "1", "--protocol", protocol])
            };
            let line = refused(others.alice());
            assert!(line.contains("does not know the CA of the certificate presented"), "{line}");
            assert!(line.contains("--cert and --key name a certificate"), "{line}");
            let line = refused(pretenders.alice());
            assert!(line.contains("the certificate presented is not from the CA that it names"), "{line}");
            let line =
                refused(people.vouch("late", |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1)));
            assert!(line.contains("the certificate presented is not valid today"), "{line}");
            let line = refused(people.vouch("host", |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }));
            assert!(line.contains("the certificate presented is not for clients"), "{line}");
        }
    }
}

#[test]
fn the_variables_of_the_certificate_are_not_the_servers() {
    let people = Authority::of("people");
    let server = server(Clients::MustIdentify(people.roots()));
    let [_, cert, _, key] = <[String; 4]>::try_from(people.alice()).unwrap();
    let mut command = increment(&server.options(), &["send", "1"]);
    command.env("INCREMENT_CLIENT_CERT", &cert).env("INCREMENT_CLIENT_KEY", &key);
    command.env("INCREMENT_CERT", "server.pem").env("INCREMENT_KEY", "server.key");
    let output = command.output().unwrap();
    assert_eq!((&*output.stdout, &*output.stderr), (&b"Send: 1, Return: 2\n"[..], &b""[..]));
}

#[test]
fn files_that_cannot_be_presented_are_named() {
    let (people, server) = (Authority::of("people"), Server::start());
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
fn a_certificate_without_a_key_is_wrong_use_wherever_it_is_given() {
    let server = Server::start();
    for words in [&["--cert", "mine.pem", "send", "1"][..], &["send", "1", "--cert", "mine.pem"]] {
        let (code, _, stderr) = outcome(&server.options(), words);
        assert_eq!(code, 2);
        assert!(stderr.starts_with("error: --cert mine.pem needs --key"), "{stderr}");
    }
    let people = Authority::of("people");
    let [_, cert, _, key] = <[String; 4]>::try_from(people.alice()).unwrap();
    let (code, ..) = outcome(&server.options(), &["--cert", &cert, "send", "1", "--key", &key]);
    assert_eq!(code, 0);
}
