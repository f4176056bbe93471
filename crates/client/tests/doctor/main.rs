//! `increment doctor` against everything that it distinguishes: a whole server in this process, and servers with one fault
//! each.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a failed step fails the test")]

#[path = "../common/mod.rs"]
mod common;

mod certificates;
mod proxies;
mod run;

use std::{fs, net::TcpListener, path::Path, time::SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{pki_types::PrivateKeyDer, sign::CertifiedKey};
use tempfile::TempDir;

use self::{
    common::{
        canned,
        server::{DAY, Server},
    },
    proxies::{http_1_proxy, http_2_web_server},
    run::{doctor, increment, problem, steps},
};

fn ca(server: &Server) -> String {
    server.ca().display().to_string()
}

#[test]
fn each_step_to_a_healthy_server_succeeds() {
    let server = Server::with_certificate_of(SystemTime::now() - DAY / 2);
    let (_, printed) = doctor(&["--url", &server.url(), "--ca", &ca(&server)]);
    assert!(printed.starts_with("ok: localhost resolves to ") && printed.contains("127.0.0.1"), "{printed}");
    let lines = [
        format!("port {} is open", server.port()),
        format!("TLS 1.3, certificate of localhost valid for 89 days, trusted by {}", ca(&server)),
        "HTTP/2".into(),
        "gRPC works".into(),
        "gRPC-Web works".into(),
    ];
    assert_eq!(steps(&["--url", &server.url(), "--ca", &ca(&server)]), lines);
}

#[test]
fn a_server_without_tls_is_diagnosed() {
    let server = Server::start();
    let url = server.plaintext_url();
    let port = url.rsplit_once(':').unwrap().1;
    let lines = [
        "127.0.0.1 is an address".into(),
        format!("port {port} is open"),
        "HTTP/2, without TLS".into(),
        "gRPC works".into(),
        "gRPC-Web works".into(),
    ];
    assert_eq!(steps(&["--url", &url]), lines);
}

#[test]
fn diagnostics_are_not_counted_as_accesses() {
    let server = Server::with_options(&["--cors-origin", "https://example.org"]);
    let options = ["--url", &server.url(), "--ca", &ca(&server)];
    steps(&[&options[..], &["--origin", "https://example.org"]].concat());
    let accesses = increment("accesses", &options);
    assert_eq!(accesses.stdout, b"no calls so far: the total is 0\n");
}

#[test]
fn an_unknown_host_is_diagnosed() {
    let lines = problem(&["--url", "https://increment.invalid:5000"], 0, "The name does not resolve");
    assert!(lines.contains("increment.invalid"), "{lines}");
}

#[test]
fn a_closed_port_is_diagnosed() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lines = problem(&["--url", &format!("https://{closed}")], 1, "The port is closed");
    assert!(lines.contains(&closed.to_string()) && lines.contains("- Start the server"), "{lines}");
}

#[test]
fn a_missing_ca_is_diagnosed() {
    let server = Server::start();
    let missing = server.folder().join("none.pem").display().to_string();
    let lines = problem(&["--url", &server.url(), "--ca", &missing], 2, "The CA cannot be read");
    assert!(lines.contains("none.pem") && lines.contains("--ca"), "{lines}");
}

#[test]
fn a_port_without_tls_is_diagnosed() {
    let server = Server::start();
    let ssh = canned::respond(b"SSH-2.0-OpenSSH_10.0\r\n").replace("http://", "https://");
    for url in [server.plaintext_url().replace("http://", "https://"), ssh] {
        let lines = problem(&["--url", &url, "--ca", &ca(&server)], 2, "The port does not speak TLS");
        assert!(lines.contains("http://"), "{lines}");
    }
}

#[test]
fn a_port_with_tls_is_diagnosed() {
    let server = Server::start();
    let ours = server.urls[0].replace("https://", "http://");
    for url in [ours, canned::respond(b"\x15\x03\x03\0\x02\x02\x0a")] {
        let lines = problem(&["--url", &url], 2, "The port speaks TLS");
        assert!(lines.contains("- Write https://"), "{lines}");
    }
    let ssh = canned::respond(b"SSH-2.0-OpenSSH_10.0\r\n");
    problem(&["--url", &ssh], 2, "The port does not speak HTTP");
}

#[test]
fn an_untrusted_ca_is_diagnosed_with_remedies_for_each_system() {
    let (server, other) = (Server::start(), Server::start());
    let lines = problem(&["--url", &server.url(), "--ca", &ca(&other)], 2, "The certificate is not trusted");
    assert!(lines.contains(&ca(&other)) && lines.contains("--ca"), "{lines}");
    for system in ["- Debian: ", "- macOS: ", "- Windows: ", "- Firefox: ", "- Chromium on Linux: "] {
        assert!(lines.contains(system), "{lines}");
    }
}

#[test]
fn a_certificate_for_another_name_is_diagnosed() {
    let folder = TempDir::new().unwrap();
    let server = Server::with_certificate(certificate_for("example.org", folder.path()), folder);
    let options = ["--url", &server.url(), "--ca", &ca(&server)];
    let lines = problem(&options, 2, "The certificate is for another name");
    assert!(lines.contains("not valid for the name localhost"), "{lines}");
}

/// Creates a CA without name constraints, `ca.pem` in the folder, and a certificate that it issues.
fn certificate_for(name: &str, folder: &Path) -> CertifiedKey {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.into()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(vec![leaf.der().clone()], key, &provider).unwrap()
}

#[test]
fn an_expired_certificate_is_diagnosed() {
    let server = Server::with_certificate_of(SystemTime::now() - 100 * DAY);
    let options = ["--url", &server.url(), "--ca", &ca(&server)];
    let lines = problem(&options, 2, "The certificate has expired");
    assert!(lines.contains("- Restart the server"), "{lines}");
}

#[test]
fn a_certificate_that_is_not_yet_valid_is_diagnosed() {
    let server = Server::with_certificate_of(SystemTime::now() + 2 * DAY);
    let options = ["--url", &server.url(), "--ca", &ca(&server)];
    let lines = problem(&options, 2, "The certificate is not valid yet");
    assert!(lines.contains("clock"), "{lines}");
}

#[test]
fn a_handshake_without_a_common_version_is_diagnosed() {
    let url = canned::respond(b"\x15\x03\x03\0\x02\x02\x46").replace("http://", "https://");
    let server = Server::start();
    let lines = problem(&["--url", &url, "--ca", &ca(&server)], 2, "The TLS handshake failed");
    assert!(lines.contains("ProtocolVersion"), "{lines}");
}

#[test]
fn http_1_only_is_diagnosed_and_sufficient_for_grpc_web() {
    let server = Server::start();
    let url = http_1_proxy(&server);
    let options = ["--url", &url, "--ca", &ca(&server)];
    let lines = problem(&options, 3, "HTTP/1.1 only");
    assert!(lines.contains("- Call with --protocol grpc-web"), "{lines}");
    let lines = steps(&[&options[..], &["--protocol", "grpc-web"]].concat());
    assert_eq!(lines[2..], ["HTTP/1.1, sufficient for gRPC-Web", "gRPC-Web works"]);
}

#[test]
fn a_web_server_without_tls_is_diagnosed() {
    let url = canned::respond(
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let lines = problem(&["--url", &url, "--protocol", "grpc-web"], 3, "The response is not gRPC-Web");
    assert!(lines.contains("404") && lines.contains("text/html") && lines.contains("proxy"), "{lines}");
    problem(&["--url", &url], 2, "HTTP/1.1 only");
}

#[test]
fn an_http_2_web_server_is_diagnosed() {
    let lines = problem(&["--url", &http_2_web_server()], 3, "The response is not gRPC");
    assert!(lines.contains("404") && lines.contains("text/html") && lines.contains("proxy"), "{lines}");
}

#[test]
fn an_incomplete_response_is_diagnosed() {
    let url = canned::respond(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web\r\ncontent-length: 9\r\n\r\n",
    );
    problem(&["--url", &url, "--protocol", "grpc-web"], 3, "The response is incomplete");
}

#[test]
fn a_missing_health_service_is_not_a_problem() {
    let url = canned::respond(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web\r\ngrpc-status: 12\r\ncontent-length: 0\r\n\
        connection: close\r\n\r\n",
    );
    let lines = steps(&["--url", &url, "--protocol", "grpc-web"]);
    assert!(lines[3].starts_with("gRPC-Web works; the server has no health service"), "{lines:?}");
}

#[test]
fn a_server_that_is_not_serving_is_diagnosed() {
    let url = canned::respond(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web\r\ncontent-length: 27\r\n\r\n\
        \0\0\0\0\x02\x08\x02\x80\0\0\0\x0fgrpc-status:0\r\n",
    );
    let options = ["--url", &url, "--protocol", "grpc-web"];
    let lines = problem(&options, 3, "The service is unavailable");
    assert!(lines.contains("NOT_SERVING"), "{lines}");
}

#[test]
fn a_page_blocked_by_cors_is_diagnosed() {
    let server = Server::start();
    let options = ["--url", &server.url(), "--ca", &ca(&server), "--origin", "https://example.org"];
    let lines = problem(&options, 6, "Blocked by CORS");
    assert!(lines.contains("https://example.org") && lines.contains("- Start the server with --cors-origin"));
}

#[test]
fn a_page_allowed_by_cors_is_not_a_problem() {
    let server = Server::with_options(&["--cors-origin", "https://example.org"]);
    let options = ["--url", &server.url(), "--ca", &ca(&server), "--origin"];
    let last = |origin: &str| steps(&[&options[..], &[origin]].concat()).pop().unwrap();
    for origin in ["https://example.org", "https://Example.org:443"] {
        assert_eq!(
            last(origin),
            "pages of https://example.org may call (CORS)",
            "as serialized by a browser"
        );
    }
    let own = [server.url(), server.url().replace("localhost", "LocalHost")];
    for own in &own {
        assert!(last(own).contains("the server's own origin"));
    }
    problem(&[&options[..], &["https://example.com"]].concat(), 6, "Blocked by CORS");
}

#[test]
fn a_step_to_an_unresponsive_server_times_out() {
    let server = Server::start();
    let listener = canned::unresponsive();
    let address = listener.local_addr().unwrap();
    for (url, protocol) in [("https", "grpc"), ("http", "grpc"), ("http", "grpc-web")] {
        let url = format!("{url}://{address}");
        let options = ["--url", &url, "--ca", &ca(&server), "--protocol", protocol, "--limit-ms", "100"];
        let lines = problem(&options, 2, "The deadline was exceeded");
        assert!(lines.contains("no response within 100ms"), "{lines}");
    }
}

#[test]
fn wrong_use_is_an_error_and_not_a_problem() {
    for (options, code) in [
        (&["--origin", "localhost"][..], 2),
        (&["--origin", "https://example.org/path"], 2),
        (&["--origin", "https://*.example.org"], 2),
        (&["--origin", "https://user@example.org"], 2),
        (&["--origin", "https://example.org:65536"], 2),
        (&["--limit-ms", "-1"], 2),
        (&["--url", "localhost:5000"], 1),
    ] {
        let output = increment("doctor", options);
        assert_eq!((output.status.code(), &*output.stdout), (Some(code), &b""[..]), "{options:?}");
        assert!(!output.stderr.is_empty());
    }
}
