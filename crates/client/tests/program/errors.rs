//! Errors of the target, the connection and the server: one line that names what failed, and the remedy.

use std::{fs, net::TcpListener, sync::Arc, thread, time::SystemTime};

use tempfile::TempDir;

use crate::{
    common::{
        canned,
        server::{DAY, Server, certificate},
    },
    run::failure,
};

#[test]
fn the_ca_of_another_server_is_not_trusted() {
    let (server, other) = (Server::start(), Server::start());
    let ca = other.ca().display().to_string();
    for protocol in ["grpc", "grpc-web"] {
        let line = failure(&["--url", &server.url(), "--ca", &ca, "--protocol", protocol], &["send", "1"]);
        assert!(
            line.contains("not issued by the CA in") && line.contains(&ca) && line.contains("--ca"),
            "{line}"
        );
    }
}

#[test]
fn a_certificate_for_other_names_is_rejected() {
    let server = Server::on("127.0.0.2");
    for protocol in ["grpc", "grpc-web"] {
        let line = failure(&server.options(), &["send", "1", "--protocol", protocol]);
        assert!(line.contains("is not valid for the name 127.0.0.2"), "{line}");
    }
}

#[test]
fn an_expired_certificate_is_rejected() {
    let server = Server::with_certificate_of(SystemTime::now() - 100 * DAY);
    let line = failure(&server.options(), &["send", "1"]);
    assert!(line.contains("has expired"), "{line}");
}

#[test]
fn the_error_names_a_closed_port() {
    let server = Server::start();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ca = server.ca().display().to_string();
    for protocol in ["grpc", "grpc-web"] {
        let url = format!("https://{closed}");
        let line = failure(&["--url", &url, "--ca", &ca, "--protocol", protocol], &["send", "1"]);
        assert!(
            line.contains(&closed.to_string()) && line.contains("check that the server is running"),
            "{line}"
        );
    }
}

#[test]
fn a_call_to_an_unresponsive_server_times_out() {
    let server = Server::start();
    let listener = canned::unresponsive();
    let address = listener.local_addr().unwrap();
    let (tls, plaintext) = (format!("https://{address}"), format!("http://{address}"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let line = failure(&["--url", &tls, "--ca", server.ca().to_str().unwrap()], &["send", "1"]);
            assert!(line.contains(&address.to_string()) && line.contains("no response within 5s"), "{line}");
        });
        let line = failure(&["--url", &plaintext], &["send", "1"]);
        assert!(line.contains(&plaintext) && line.contains("did not respond within 10s"), "{line}");
    });
}

#[test]
fn a_server_without_tls_is_recognized() {
    let server = Server::start();
    let url = server.plaintext_url().replace("http://", "https://");
    let line = failure(&["--url", &url, "--ca", server.ca().to_str().unwrap()], &["send", "1"]);
    assert!(line.contains("does not speak TLS"), "{line}");
}

#[test]
fn a_web_server_is_recognized_as_not_grpc() {
    let url =
        canned::respond(b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n");
    let line = failure(&["--url", &url, "--protocol", "grpc-web"], &["send", "1"]);
    assert!(
        line.contains("not a gRPC server") && line.contains("404") && line.contains("text/html"),
        "{line}"
    );
    let line = failure(&["--url", &url], &["send", "1"]);
    assert!(line.contains("does not speak the expected HTTP version"), "{line}");
}

#[test]
fn an_incomplete_response_is_a_lost_connection() {
    let url = canned::respond(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    for args in [&["send", "1"][..], &["accesses"], &["accesses", "--watch"]] {
        let line = failure(&["--url", &url, "--protocol", "grpc-web"], args);
        assert!(line.contains(&url) && line.contains("was lost"), "{line}");
        assert!(line.contains("unexpected EOF") && !line.contains("Error("), "{line}");
    }
}

#[test]
fn a_tls_server_without_http_2_is_recognized() {
    let certs = TempDir::new().unwrap();
    let certified_key = certificate(certs.path(), SystemTime::now());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let resolver = rustls::sign::SingleCertAndKey::from(certified_key);
    let base = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    for alpn in [vec![b"http/1.1".to_vec()], vec![]] {
        let mut config = base.clone();
        config.alpn_protocols = alpn;
        let url = tls_server(config);
        let line =
            failure(&["--url", &url, "--ca", certs.path().join("ca.pem").to_str().unwrap()], &["send", "1"]);
        assert!(line.contains("does not support HTTP/2") && line.contains("--protocol grpc-web"), "{line}");
    }
}

/// A server that performs the TLS handshake and closes the connection. Returns its URL.
fn tls_server(config: rustls::ServerConfig) -> String {
    let url = canned::serve(move |mut stream| {
        let mut connection = rustls::ServerConnection::new(Arc::new(config.clone())).unwrap();
        let _ = connection.complete_io(&mut stream);
    });
    url.replace("http://", "https://")
}

#[test]
fn the_error_names_a_ca_that_cannot_be_read() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none.pem");
    let line = failure(&["--ca", missing.to_str().unwrap()], &["send", "1"]);
    assert!(line.contains("none.pem") && line.contains("--ca"), "{line}");
    fs::write(&missing, "no certificate").unwrap();
    let line = failure(&["--ca", missing.to_str().unwrap()], &["send", "1"]);
    assert!(line.contains("none.pem") && line.contains("no certificate in PEM"), "{line}");
}

#[test]
fn the_error_names_an_invalid_url() {
    for url in ["localhost:5000", "ftp://localhost", "https://localhost/path", "https://localhost:99999"] {
        let line = failure(&["--url", url], &["send", "1"]);
        assert!(line.contains(url) && line.contains("https://localhost:5000"), "{line}");
    }
}
