//! Certificate chains that no client accepts, regardless of the issuer. Each is diagnosed, and named by errors of calls.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use tempfile::TempDir;

use crate::{
    common::server::Server,
    run::{increment, problem, steps},
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn ca(folder: &TempDir) -> PathBuf {
    folder.path().join("ca.pem")
}

/// Creates a CA without name constraints, `ca.pem` and `ca.key` in the folder.
fn authority(folder: &TempDir) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(ca(folder), authority.pem()).unwrap();
    fs::write(folder.path().join("ca.key"), authority.key().serialize_pem()).unwrap();
    authority
}

fn for_localhost() -> CertificateParams {
    CertificateParams::new(["localhost".into()]).unwrap()
}

/// Combines a chain and a key, without checking that they match.
fn certified_key(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> CertifiedKey {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key).unwrap();
    CertifiedKey::new(chain, key)
}

/// Issues a certificate of these parameters.
fn issued(params: &CertificateParams, authority: &Authority) -> CertifiedKey {
    let key = KeyPair::generate().unwrap();
    certified_key(vec![params.signed_by(&key, authority).unwrap().der().clone()], &key)
}

/// Asserts that `doctor` and `send`, which trust this CA, name the fault.
fn assert_diagnosed(url: &str, ca: &Path, title: &str, words: [&str; 2]) {
    let options = ["--url", url, "--ca", ca.to_str().unwrap()];
    let lines = problem(&options, 2, title);
    let output = increment("send", &[&options[..], &["1"]].concat());
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), line.lines().count()), (Some(1), 1), "{line}");
    assert!(lines.contains(words[0]), "{lines}");
    assert!(words.iter().all(|word| line.contains(word)), "{line}");
}

#[test]
fn a_certificate_without_a_name_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let server = Server::with_certificate(issued(&CertificateParams::default(), &authority(&folder)), folder);
    let words = ["no subjectAltName", "DNS:localhost"];
    assert_diagnosed(&server.url(), &server.ca(), "The certificate has no name", words);
}

#[test]
fn a_ca_certificate_as_the_servers_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let mut params = for_localhost();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let server = Server::with_certificate(issued(&params, &authority(&folder)), folder);
    let words = ["it is a CA's certificate", "CA:FALSE"];
    assert_diagnosed(&server.url(), &server.ca(), "The certificate is a CA's", words);
}

#[test]
fn a_chain_that_begins_with_the_ca_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let authority = authority(&folder);
    let key = KeyPair::generate().unwrap();
    let certificate = for_localhost().signed_by(&key, &authority).unwrap();
    let chain = vec![authority.der().clone(), certificate.der().clone()];
    let server = Server::with_certificate(certified_key(chain, &key), folder);
    let words = ["begins with a CA's certificate", "put the certificate of the key first"];
    assert_diagnosed(&server.url(), &server.ca(), "The CA comes first in the chain", words);
}

/// Runs `openssl` in the folder.
fn openssl(folder: &TempDir, args: &str) {
    let output = Command::new("openssl").current_dir(folder.path()).args(args.split(' ')).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_certificate_of_an_old_version_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let _authority = authority(&folder);
    openssl(
        &folder,
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old.key -subj /CN=localhost -out old.csr",
    );
    openssl(&folder, "x509 -req -in old.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out old.pem");
    let key = KeyPair::from_pem(&fs::read_to_string(folder.path().join("old.key")).unwrap()).unwrap();
    let certificate = CertificateDer::from_pem_file(folder.path().join("old.pem")).unwrap();
    let server = Server::with_certificate(certified_key(vec![certificate], &key), folder);
    let words = ["X.509 version 1", "subjectAltName"];
    assert_diagnosed(&server.url(), &server.ca(), "The certificate is X.509 version 1", words);
}

/// OpenSSL's `s_server`, which accepts keys that rustls rejects.
struct OpenSsl {
    process: Child,
    port: String,
}

impl OpenSsl {
    fn start(folder: &TempDir, args: &str) -> Self {
        let mut command = Command::new("openssl");
        command.current_dir(folder.path()).args(["s_server", "-accept", "127.0.0.1:0"]).args(args.split(' '));
        // It exits when its standard input is closed.
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let port = lines.find_map(|line| Some(line.strip_prefix("ACCEPT 127.0.0.1:")?.trim().to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port: port.unwrap() }
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_short_rsa_key_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let _authority = authority(&folder);
    openssl(
        &folder,
        "req -new -newkey rsa:1024 -nodes -keyout short.key -subj /CN=localhost -addext subjectAltName=DNS:localhost -out short.csr",
    );
    openssl(
        &folder,
        "x509 -req -in short.csr -copy_extensions copy -CA ca.pem -CAkey ca.key -CAcreateserial -out short.pem",
    );
    let server = OpenSsl::start(
        &folder,
        "-cert short.pem -key short.key -cipher DEFAULT@SECLEVEL=0 -alpn h2,http/1.1",
    );
    let url = format!("https://localhost:{}", server.port);
    let words = ["an RSA key of 1024 bits", "P-256"];
    assert_diagnosed(&url, &ca(&folder), "The RSA key is too short", words);
    // The same fault in the CA's certificate.
    openssl(&folder, "req -x509 -newkey rsa:1024 -nodes -keyout short.key -subj /CN=short -out ca.pem");
    assert_diagnosed(&url, &ca(&folder), "The RSA key is too short", words);
}

#[test]
fn a_missing_ca_with_an_existing_key_is_diagnosed() {
    let server = Server::start();
    fs::remove_file(server.ca()).unwrap();
    let words = ["ca.key exists", "restore it, or remove that key"];
    assert_diagnosed(&server.url(), &server.ca(), "The CA's certificate is missing", words);
}

#[test]
fn a_byte_order_mark_in_a_ca_is_ignored() {
    let server = Server::start();
    let pem = fs::read_to_string(server.ca()).unwrap();
    fs::write(server.ca(), format!("\u{feff}{pem}")).unwrap();
    steps(&["--url", &server.url(), "--ca", server.ca().to_str().unwrap()]);
}
