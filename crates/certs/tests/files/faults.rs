//! Invalid chains, encrypted keys and insecure permissions are rejected, or accepted with a warning.

use increment_certs::{CertError, CertificateSource, read_certified_key, read_roots};

use super::Folder;

#[test]
fn an_encrypted_key_is_rejected_with_the_command_that_decrypts_it() {
    let pkcs1 = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
                 -----END RSA PRIVATE KEY-----\n";
    let pkcs8 = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for encrypted in [pkcs1, &pkcs1.replace("RSA", "EC"), pkcs8] {
        let folder = Folder::with_certificate();
        folder.write("server.key", encrypted);
        let error = folder.assert_rejects(&["server.key is encrypted", "openssl pkey -in"]);
        assert!(matches!(error, CertError::EncryptedKey { .. }));
        let folder = Folder::with_certificate();
        folder.remove("server.pem");
        folder.remove("server.key");
        folder.write("ca.key", encrypted);
        folder.assert_rejects(&["ca.key is encrypted", "openssl pkey -in"]);
    }
}

#[test]
fn a_key_readable_by_other_users_is_rejected() {
    for mode in [0o640, 0o604, 0o644, 0o660] {
        for name in ["server.key", "ca.key"] {
            let folder = Folder::with_certificate();
            folder.set_mode(name, mode);
            let error = folder.assert_rejects(&[name, "readable by other users", "chmod 600"]);
            assert!(matches!(error, CertError::InsecurePermissions { .. }), "{name} {mode:o}");
        }
        let folder = Folder::with_certificate();
        folder.set_mode("server.key", mode);
        let error = read_certified_key(&folder.path("server.pem"), &folder.path("server.key")).unwrap_err();
        assert!(matches!(error, CertError::InsecurePermissions { .. }), "a client's key");
    }
}

#[test]
fn a_certificate_that_rustls_rejects_is_rejected_with_the_reason() {
    for (certificate, words) in [
        (include_str!("version-1.pem"), ["X.509 version 1", "subjectAltName"]),
        (include_str!("rsa-1024.pem"), ["RSA key of 1024 bits", "2048"]),
    ] {
        let folder = Folder::with_certificate();
        folder.write("server.pem", certificate);
        folder.assert_rejects(&[&["server.pem"], &words[..]].concat());
        let error = read_certified_key(&folder.path("server.pem"), &folder.path("server.key"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words[0]), "a client's certificate: {error}");
    }
    let folder = Folder::with_certificate();
    folder.write("people.pem", include_str!("rsa-1024.pem"));
    let error = read_roots(&folder.path("people.pem")).unwrap_err().to_string();
    assert!(error.contains("people.pem") && error.contains("RSA key of 1024 bits"), "{error}");
}

#[test]
fn a_chain_with_the_ca_first_is_rejected_with_the_right_order() {
    let folder = Folder::with_certificate();
    folder.write("server.pem", &(folder.text("ca.pem") + &folder.text("server.pem")));
    folder.assert_rejects(&[
        "server.pem",
        "begins with a CA's certificate",
        "put the certificate of the key first",
    ]);
    let folder = Folder::with_certificate();
    folder.write("server.pem", &(folder.text("server.pem") + &folder.text("ca.pem")));
    assert!(folder.open().unwrap().warnings.is_empty());
}

#[test]
fn a_certificate_that_clients_reject_is_used_with_a_warning() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa};
    let localhost = || CertificateParams::new(["localhost".to_owned()]).unwrap();
    let mut ca_certificate = localhost();
    ca_certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for (params, words) in [
        (ca_certificate, ["it is a CA's certificate", "CA:FALSE"]),
        (CertificateParams::default(), ["it has no subjectAltName", "DNS:localhost"]),
    ] {
        let folder = Folder::new();
        let key = rcgen::KeyPair::generate().unwrap();
        folder.write("server.pem", &params.self_signed(&key).unwrap().pem());
        folder.write("server.key", &key.serialize_pem());
        folder.assert_warns(&[&["server.pem"], &words[..]].concat());
    }
}

#[test]
fn byte_order_marks_are_ignored() {
    let folder = Folder::with_certificate();
    for name in ["ca.pem", "ca.key", "server.pem", "server.key"] {
        folder.write(name, &format!("\u{feff}{}", folder.text(name)));
    }
    let both = folder.text("server.pem") + &folder.text("ca.pem");
    folder.write("server.pem", &both);
    let certificate = folder.open().unwrap();
    assert_eq!((certificate.source, certificate.certified_key.cert.len()), (CertificateSource::Existing, 2));
    assert_eq!(read_roots(&folder.path("ca.pem")).unwrap().len(), 1);
    folder.remove("server.pem");
    folder.remove("server.key");
    assert_eq!(folder.open().unwrap().source, CertificateSource::Created);
}

#[test]
fn the_error_names_a_ca_key_without_its_certificate() {
    let words = ["ca.pem is missing", "ca.key", "restore it", "remove that key"];
    let folder = Folder::with_certificate();
    folder.remove("ca.pem");
    folder.assert_warns(&words);
    folder.remove("server.pem");
    folder.remove("server.key");
    assert!(matches!(folder.assert_rejects(&words), CertError::CaMissing { .. }));
}
