//! `increment doctor` against everything that it tells apart, each really there: a whole server in this process, and
//! others that are wrong in one way.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

#[path = "doctor/certificates.rs"]
mod certificates;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    num::NonZero,
    path::PathBuf,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use increment_access::{Durability, Ledger, Options};
use increment_server::{App, CallLimits, Limits, Listeners, Parts, counted_methods, page::Page, run, tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::PrivateKeyDer,
    sign::{CertifiedKey, SingleCertAndKey},
};
use tempfile::TempDir;
use tokio::{io::copy_bidirectional, sync::oneshot};
use tokio_rustls::TlsAcceptor;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server for as long as the test runs, in TLS and in clear.
struct Server {
    urls: Vec<String>,
    folder: TempDir,
    /// It ends when this is dropped.
    _stop: oneshot::Sender<()>,
}

impl Server {
    fn start() -> Self {
        Self::made_at(SystemTime::now())
    }

    /// A server that lets pages of this origin call.
    fn allowing(origin: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        Self::showing(&certificate(&folder, SystemTime::now()), folder, Some(origin))
    }

    /// A server whose certificate was made at `made`.
    fn made_at(made: SystemTime) -> Self {
        let folder = TempDir::new().unwrap();
        let certified_key = certificate(&folder, made);
        Self::showing(&certified_key, folder, None)
    }

    /// A server with this certificate, whose CA is `ca.pem` in the folder.
    fn showing(certified_key: &CertifiedKey, folder: TempDir, origin: Option<&'static str>) -> Self {
        let counted = Options::new(counted_methods().unwrap(), Durability::Strict);
        let ledger = Ledger::open(folder.path().join("data"), counted).unwrap();
        let origins = origin.into_iter().map(|origin| origin.parse().unwrap()).collect();
        let parts = Parts {
            tls: tls::config(certified_key).unwrap(),
            app: App::new(Page::none(), CallLimits::default(), Some(ledger)).allow_origins(origins),
            limits: Limits::default(),
            workers: NonZero::<usize>::MIN,
        };
        let address = "127.0.0.1:0".parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listeners = runtime.block_on(Listeners::bind(&[address], &[address])).unwrap();
        let urls = listeners.urls().unwrap();
        let (stop, stopped) = oneshot::channel();
        thread::spawn(move || runtime.block_on(run(listeners, parts, async { drop(stopped.await) })));
        Self { urls, folder, _stop: stop }
    }

    fn url(&self) -> String {
        self.urls[0].replace("127.0.0.1", "localhost")
    }

    fn port(&self) -> &str {
        self.urls[0].rsplit_once(':').unwrap().1
    }

    fn ca(&self) -> String {
        ca(&self.folder).display().to_string()
    }
}

fn certificate(folder: &TempDir, made: SystemTime) -> Arc<CertifiedKey> {
    let (cert, key) = (folder.path().join("server.pem"), folder.path().join("server.key"));
    increment_certs::open(&cert, &key, made).unwrap().certified_key
}

fn ca(folder: &TempDir) -> PathBuf {
    folder.path().join("ca.pem")
}

/// Runs `increment doctor` with these options; returns exit code and what it printed.
fn doctor(options: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_increment")).arg("doctor").args(options).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Asserts that it finds this trouble after as many steps that went well; returns the lines that tell of it.
fn trouble(options: &[&str], well: usize, title: &str) -> String {
    let (code, printed) = doctor(options);
    assert_eq!(code, 1, "{printed}");
    let lines: Vec<_> = printed.lines().collect();
    assert!(lines.len() > well + 3, "{printed}");
    assert!(lines[..well].iter().all(|line| line.starts_with("ok: ")), "{printed}");
    assert_eq!(lines[well], format!("trouble: {title}"), "{printed}");
    assert!(lines[well + 2].starts_with("seen: "), "{printed}");
    assert!(lines[well + 3..].iter().all(|line| line.starts_with("- ")), "{printed}");
    lines[well + 1..].join("\n")
}

/// Asserts that it finds none; returns what went well, without the name's addresses.
fn well(options: &[&str]) -> Vec<String> {
    let (code, printed) = doctor(options);
    assert_eq!(code, 0, "{printed}");
    let lines = printed.lines().map(|line| line.strip_prefix("ok: ").unwrap().to_owned());
    lines.filter(|line| !line.contains("resolves to")).collect()
}

#[test]
fn a_server_in_health_is_found_so_step_by_step() {
    let server = Server::made_at(SystemTime::now() - DAY / 2);
    let (_, printed) = doctor(&["--url", &server.url(), "--ca", &server.ca()]);
    assert!(printed.starts_with("ok: localhost resolves to ") && printed.contains("127.0.0.1"), "{printed}");
    let lines = [
        format!("port {} is open", server.port()),
        format!("TLS 1.3, certificate of localhost valid for 89 days, trusted by {}", server.ca()),
        "HTTP/2".into(),
        "gRPC answers".into(),
        "gRPC-Web answers".into(),
    ];
    assert_eq!(well(&["--url", &server.url(), "--ca", &server.ca()]), lines);
}

#[test]
fn a_server_in_clear_is_looked_into_as_well() {
    let server = Server::start();
    let clear = &server.urls[1];
    let port = clear.rsplit_once(':').unwrap().1;
    let lines = [
        "127.0.0.1 is an address".into(),
        format!("port {port} is open"),
        "HTTP/2, without TLS".into(),
        "gRPC answers".into(),
        "gRPC-Web answers".into(),
    ];
    assert_eq!(well(&["--url", clear]), lines);
}

#[test]
fn looking_into_it_counts_as_no_access() {
    let server = Server::allowing("https://example.org");
    let options = ["--url", &server.url(), "--ca", &server.ca()];
    well(&[&options[..], &["--origin", "https://example.org"]].concat());
    let accesses =
        Command::new(env!("CARGO_BIN_EXE_increment")).arg("accesses").args(options).output().unwrap();
    assert_eq!(accesses.stdout, b"no calls so far: the total is 0\n");
}

#[test]
fn a_name_that_means_nothing_is_told() {
    let lines = trouble(&["--url", "https://increment.invalid:5000"], 0, "The name does not resolve");
    assert!(lines.contains("increment.invalid"), "{lines}");
}

#[test]
fn a_closed_port_is_told() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lines = trouble(&["--url", &format!("https://{closed}")], 1, "The port is closed");
    assert!(lines.contains(&closed.to_string()) && lines.contains("- Start the server"), "{lines}");
}

#[test]
fn a_ca_that_is_not_there_is_told() {
    let server = Server::start();
    let missing = server.folder.path().join("none.pem").display().to_string();
    let lines = trouble(&["--url", &server.url(), "--ca", &missing], 2, "The CA cannot be read");
    assert!(lines.contains("none.pem") && lines.contains("--ca"), "{lines}");
}

#[test]
fn a_port_in_clear_is_told_from_tls() {
    let server = Server::start();
    let ssh = once_asked(b"SSH-2.0-OpenSSH_10.0\r\n").replace("http://", "https://");
    for url in [server.urls[1].replace("http://", "https://"), ssh] {
        let lines = trouble(&["--url", &url, "--ca", &server.ca()], 2, "The port does not speak TLS");
        assert!(lines.contains("http://"), "{lines}");
    }
}

#[test]
fn tls_is_told_from_http_in_clear() {
    let server = Server::start();
    let ours = server.urls[0].replace("https://", "http://");
    for url in [ours, once_asked(b"\x15\x03\x03\0\x02\x02\x0a")] {
        let lines = trouble(&["--url", &url], 2, "The port speaks TLS");
        assert!(lines.contains("- Write https://"), "{lines}");
    }
    let ssh = once_asked(b"SSH-2.0-OpenSSH_10.0\r\n");
    trouble(&["--url", &ssh], 2, "The port does not speak HTTP");
}

#[test]
fn another_ca_is_told_and_how_to_trust_the_right_one() {
    let (server, other) = (Server::start(), Server::start());
    let lines = trouble(&["--url", &server.url(), "--ca", &other.ca()], 2, "The certificate is not trusted");
    assert!(lines.contains(&other.ca()) && lines.contains("--ca"), "{lines}");
    for system in ["- Debian: ", "- macOS: ", "- Windows: ", "- Firefox: ", "- Chromium on Linux: "] {
        assert!(lines.contains(system), "{lines}");
    }
}

#[test]
fn a_certificate_for_another_name_is_told() {
    let folder = TempDir::new().unwrap();
    let server = Server::showing(&certificate_for("example.org", &folder), folder, None);
    let options = ["--url", &server.url(), "--ca", &server.ca()];
    let lines = trouble(&options, 2, "The certificate is for another name");
    assert!(lines.contains("not for localhost"), "{lines}");
}

/// A certificate of a CA for all names.
fn certificate_for(name: &str, folder: &TempDir) -> CertifiedKey {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(ca(folder), authority.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.into()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(vec![leaf.der().clone()], key, &provider).unwrap()
}

#[test]
fn an_expired_certificate_is_told() {
    let server = Server::made_at(SystemTime::now() - 100 * DAY);
    let options = ["--url", &server.url(), "--ca", &server.ca()];
    let lines = trouble(&options, 2, "The certificate has expired");
    assert!(lines.contains("- Restart the server"), "{lines}");
}

#[test]
fn a_certificate_before_its_time_is_told() {
    let server = Server::made_at(SystemTime::now() + 2 * DAY);
    let options = ["--url", &server.url(), "--ca", &server.ca()];
    let lines = trouble(&options, 2, "The certificate is not valid yet");
    assert!(lines.contains("clock"), "{lines}");
}

#[test]
fn a_handshake_without_a_common_version_is_told() {
    let url = once_asked(b"\x15\x03\x03\0\x02\x02\x46").replace("http://", "https://");
    let server = Server::start();
    let lines = trouble(&["--url", &url, "--ca", &server.ca()], 2, "The TLS handshake failed");
    assert!(lines.contains("ProtocolVersion"), "{lines}");
}

#[test]
fn http_1_alone_is_told_and_is_enough_for_grpc_web() {
    let server = Server::start();
    let url = http_1_proxy(&server);
    let options = ["--url", &url, "--ca", &server.ca()];
    let lines = trouble(&options, 3, "HTTP/1.1 only");
    assert!(lines.contains("- Call with --protocol grpc-web"), "{lines}");
    let lines = well(&[&options[..], &["--protocol", "grpc-web"]].concat());
    assert_eq!(lines[2..], ["HTTP/1.1, enough for gRPC-Web", "gRPC-Web answers"]);
}

/// A proxy that ends TLS in front of a server and knows no HTTP/2; returns its URL.
fn http_1_proxy(server: &Server) -> String {
    let certified_key = certificate(&server.folder, SystemTime::now());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::clone(&certified_key))));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let (tls, backend) = (TlsAcceptor::from(Arc::new(config)), server.urls[1].replace("http://", ""));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let mut front = tls.accept(listener.accept().await.unwrap().0).await.unwrap();
                let mut back = tokio::net::TcpStream::connect(&backend).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut front, &mut back).await });
            }
        });
    });
    format!("https://localhost:{port}")
}

#[test]
fn a_web_server_in_clear_is_told_from_ours() {
    let url = once_asked(
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    );
    let lines = trouble(&["--url", &url, "--protocol", "grpc-web"], 3, "The response is not gRPC-Web");
    assert!(lines.contains("404") && lines.contains("text/html") && lines.contains("proxy"), "{lines}");
    trouble(&["--url", &url], 2, "HTTP/1.1 only");
}

#[test]
fn a_web_server_of_http_2_is_told_from_ours() {
    let lines = trouble(&["--url", &web_server_of_http_2()], 3, "The response is not gRPC");
    assert!(lines.contains("404") && lines.contains("text/html") && lines.contains("proxy"), "{lines}");
}

#[test]
fn an_answer_that_breaks_off_is_told() {
    let url =
        once_asked(b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web\r\ncontent-length: 9\r\n\r\n");
    trouble(&["--url", &url, "--protocol", "grpc-web"], 3, "The response is incomplete");
}

#[test]
fn without_a_health_service_it_goes_on() {
    let url = once_asked(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web\r\ngrpc-status: 12\r\ncontent-length: 0\r\n\
        connection: close\r\n\r\n",
    );
    let lines = well(&["--url", &url, "--protocol", "grpc-web"]);
    assert!(lines[3].starts_with("gRPC-Web answers; without a health service"), "{lines:?}");
}

#[test]
fn a_server_that_takes_no_calls_is_told() {
    let url = once_asked(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web\r\ncontent-length: 27\r\n\r\n\
        \0\0\0\0\x02\x08\x02\x80\0\0\0\x0fgrpc-status:0\r\n",
    );
    let options = ["--url", &url, "--protocol", "grpc-web"];
    let lines = trouble(&options, 3, "The service is unavailable");
    assert!(lines.contains("NOT_SERVING"), "{lines}");
}

#[test]
fn a_page_that_may_not_call_is_told_of_cors() {
    let server = Server::start();
    let options = ["--url", &server.url(), "--ca", &server.ca(), "--origin", "https://example.org"];
    let lines = trouble(&options, 6, "Blocked by CORS");
    assert!(lines.contains("https://example.org") && lines.contains("- Start the server with --cors-origin"));
}

#[test]
fn a_page_that_may_call_is_in_health() {
    let server = Server::allowing("https://example.org");
    let options = ["--url", &server.url(), "--ca", &server.ca(), "--origin"];
    let last = |origin: &str| well(&[&options[..], &[origin]].concat()).pop().unwrap();
    for origin in ["https://example.org", "https://Example.org:443"] {
        assert_eq!(last(origin), "pages of https://example.org may call (CORS)", "as a browser names it");
    }
    let own = [server.url(), server.url().replace("localhost", "LocalHost")];
    for own in &own {
        assert!(last(own).contains("the server's own origin"));
    }
    trouble(&[&options[..], &["https://example.com"]].concat(), 6, "Blocked by CORS");
}

#[test]
fn a_silent_server_is_given_up() {
    let server = Server::start();
    // Connections wait in its queue, and nobody takes them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    for (url, protocol) in [("https", "grpc"), ("http", "grpc"), ("http", "grpc-web")] {
        let url = format!("{url}://{address}");
        let options = ["--url", &url, "--ca", &server.ca(), "--protocol", protocol, "--limit-ms", "100"];
        let lines = trouble(&options, 2, "The deadline was exceeded");
        assert!(lines.contains("no answer within 100ms"), "{lines}");
    }
}

#[test]
fn wrong_use_is_no_trouble() {
    for (options, code) in [
        (&["--origin", "localhost"][..], 2),
        (&["--origin", "https://example.org/path"], 2),
        (&["--origin", "https://*.example.org"], 2),
        (&["--origin", "https://user@example.org"], 2),
        (&["--origin", "https://example.org:65536"], 2),
        (&["--limit-ms", "-1"], 2),
        (&["--url", "localhost:5000"], 1),
    ] {
        let output =
            Command::new(env!("CARGO_BIN_EXE_increment")).arg("doctor").args(options).output().unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(code), &b""[..]), "{options:?}");
        assert!(!output.stderr.is_empty());
    }
}

/// A server of one answer, whatever it is asked, after which it hangs up; returns its URL.
fn once_asked(answer: &'static [u8]) -> String {
    serve(move |mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer);
    })
}

/// A web server that answers every request over HTTP/2 with 404 and HTML (RFC 9113, section 4.1; RFC 7541, section 6).
fn web_server_of_http_2() -> String {
    serve(|mut stream| {
        let _ = stream.write_all(b"\0\0\0\x04\0\0\0\0\0");
        let _ = stream.read_exact(&mut [0; 24]);
        let mut head = [0; 9];
        while stream.read_exact(&mut head).is_ok() {
            let length = usize::from(head[1]) << 8 | usize::from(head[2]);
            let _ = stream.read_exact(&mut vec![0; length]);
            if head[3] == 1 {
                let _ = stream.write_all(b"\0\0\x0c\x01\x05\0\0\0\x01\x8d\x5f\x09text/html");
            }
        }
    })
}

fn serve(answer: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap())));
    url
}
