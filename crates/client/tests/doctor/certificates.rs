//! Certificates that no client accepts, whoever issued them: each is diagnosed, by every command.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use tempfile::TempDir;

use super::{Server, ca, trouble};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// A CA for all names, whose certificate and key are `ca.pem` and `ca.key`.
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

/// What a server shows whose chain begins with this certificate, be it with the right key or not.
fn shown(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> CertifiedKey {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key).unwrap();
    CertifiedKey::new(chain, key)
}

/// A certificate of the CA, made of these parts.
fn issued(params: &CertificateParams, authority: &Authority) -> CertifiedKey {
    let key = KeyPair::generate().unwrap();
    shown(vec![params.signed_by(&key, authority).unwrap().der().clone()], &key)
}

/// Asserts that the doctor and a call, which trust this CA, name the fault.
fn assert_diagnosed(url: &str, ca: &Path, title: &str, words: [&str; 2]) {
    let options = ["--url", url, "--ca", ca.to_str().unwrap()];
    let lines = trouble(&options, 2, title);
    let output =
        Command::new(env!("CARGO_BIN_EXE_increment")).args(["send", "1"]).args(options).output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), line.lines().count()), (Some(1), 1), "{line}");
    assert!(lines.contains(words[0]), "{lines}");
    assert!(words.iter().all(|word| line.contains(word)), "{line}");
}

#[test]
fn a_certificate_without_a_name_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let server = Server::showing(&issued(&CertificateParams::default(), &authority(&folder)), folder, None);
    let words = ["no subjectAltName", "DNS:localhost"];
    assert_diagnosed(&server.url(), &ca(&server.folder), "The certificate has no name", words);
}

#[test]
fn a_certificate_of_a_ca_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let mut params = for_localhost();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let server = Server::showing(&issued(&params, &authority(&folder)), folder, None);
    let words = ["it is a CA's certificate", "CA:FALSE"];
    assert_diagnosed(&server.url(), &ca(&server.folder), "The certificate is a CA's", words);
}

#[test]
fn a_chain_that_begins_with_the_ca_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let authority = authority(&folder);
    let key = KeyPair::generate().unwrap();
    let certificate = for_localhost().signed_by(&key, &authority).unwrap();
    let chain = vec![authority.der().clone(), certificate.der().clone()];
    let server = Server::showing(&shown(chain, &key), folder, None);
    let words = ["begins with a CA's certificate", "put the certificate of the key first"];
    assert_diagnosed(&server.url(), &ca(&server.folder), "The CA comes first in the chain", words);
}

/// Runs `openssl` in the folder.
fn openssl(folder: &TempDir, words: &str) {
    let output = Command::new("openssl").current_dir(folder.path()).args(words.split(' ')).output().unwrap();
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
    let server = Server::showing(&shown(vec![certificate], &key), folder, None);
    let words = ["X.509 version 1", "subjectAltName"];
    assert_diagnosed(&server.url(), &ca(&server.folder), "The certificate is X.509 version 1", words);
}

/// A server of OpenSSL's, which uses keys that rustls does not.
struct OpenSsl {
    process: Child,
    port: String,
}

impl OpenSsl {
    fn start(folder: &TempDir, words: &str) -> Self {
        let mut command = Command::new("openssl");
        command
            .current_dir(folder.path())
            .args(["s_server", "-accept", "127.0.0.1:0"])
            .args(words.split(' '));
        // It ends with its standard input.
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
    // As a CA it is no better.
    openssl(&folder, "req -x509 -newkey rsa:1024 -nodes -keyout short.key -subj /CN=short -out ca.pem");
    assert_diagnosed(&url, &ca(&folder), "The RSA key is too short", words);
}

#[test]
fn a_ca_of_which_only_the_key_is_left_is_diagnosed() {
    let server = Server::start();
    fs::remove_file(ca(&server.folder)).unwrap();
    let words = ["ca.key is not", "put it back, or remove that key"];
    assert_diagnosed(&server.url(), &ca(&server.folder), "The CA's certificate is missing", words);
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_ca() {
    let server = Server::start();
    let pem = fs::read_to_string(ca(&server.folder)).unwrap();
    fs::write(ca(&server.folder), format!("\u{feff}{pem}")).unwrap();
    super::well(&["--url", &server.url(), "--ca", &server.ca()]);
}
