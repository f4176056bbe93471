//! The certificate files and the report token as the program finds or makes them.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    time::SystemTime,
};

use tempfile::TempDir;

use super::{connect, fails, server, starts};

/// The standard error of a server until it listens.
fn logs(folder: &Path, options: &[&str]) -> String {
    let (mut child, _) = starts(folder, options, 1);
    child.kill().unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap()
}

#[test]
fn a_plaintext_port_beside_required_certificates_is_warned_of() {
    let (folder, people) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let [cert, key] = ["s.pem", "s.key"].map(|name| people.path().join(name));
    increment_certs::open(&cert, &key, SystemTime::now()).unwrap();
    let ca = format!("--client-ca={}", people.path().join("ca.pem").display());
    let warned = |auth, plaintext: &[&str]| {
        let options = [&["--listen=127.0.0.1:0", auth, &ca], plaintext].concat();
        logs(folder.path(), &options).contains("clients are not asked for a certificate there")
    };
    let plaintext = ["--plaintext-listen=127.0.0.1:0"];
    assert!(warned("--client-auth=required", &plaintext));
    assert!(!warned("--client-auth=required", &[]));
    assert!(!warned("--client-auth=optional", &plaintext));
}

#[test]
fn a_certificate_that_clients_reject_is_warned_of() {
    let folder = TempDir::new().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let [cert, key_file] = ["mine.pem", "mine.key"].map(|name| folder.path().join(name));
    fs::write(cert, certificate.pem()).unwrap();
    let mut secret = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(key_file).unwrap();
    secret.write_all(key.serialize_pem().as_bytes()).unwrap();
    let logged = logs(folder.path(), &["--listen=127.0.0.1:0", "--cert=mine.pem", "--key=mine.key"]);
    assert!(
        logged.contains("WARN") && logged.contains("mine.pem") && logged.contains("subjectAltName"),
        "{logged}"
    );
}

#[test]
fn servers_that_start_at_once_in_an_empty_folder_all_come_up() {
    for _ in 0..3 {
        let folder = TempDir::new().unwrap();
        let servers = ["one", "two", "three"]
            .map(|name| server(folder.path(), &["--listen=127.0.0.1:0", "--data", name]).spawn().unwrap());
        let lines = servers.map(|mut child| {
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            (child, line)
        });
        for (mut child, line) in lines {
            let (mut client, mut stream) = connect(folder.path(), line.trim());
            while client.is_handshaking() {
                client.complete_io(&mut stream).unwrap();
            }
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

#[test]
fn a_report_token_that_cannot_be_used_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("report.token");
    fs::write(&file, "x").unwrap();
    for (mode, reason) in [(0o600, "can be guessed"), (0o644, "chmod 600")] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let (code, line) = fails(&["--listen=127.0.0.1:0", "--report-token", file.to_str().unwrap()]);
        assert_eq!(code, 1);
        assert!(
            line.contains("--report-token") && line.contains("report.token") && line.contains(reason),
            "{line}"
        );
    }
}
