//! The program as a person starts it: its options, its lines, its exit codes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

#[path = "program/secrets.rs"]
mod secrets;
#[path = "program/variables.rs"]
mod variables;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::SystemTime,
};

use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tempfile::TempDir;

fn server(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_increment-server"));
    command.current_dir(folder).args(options).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a server that should fail to start; returns its exit code and the last line of its standard error.
fn fails(options: &[&str]) -> (i32, String) {
    let folder = TempDir::new().unwrap();
    let (code, stderr) = run_to_failure(&mut server(folder.path(), options));
    (code, stderr.lines().last().unwrap().to_owned())
}

/// Runs a server that should fail to start; returns its exit code and its standard error.
fn run_to_failure(server: &mut Command) -> (i32, String) {
    let mut child = server.spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    if !ready.is_empty() {
        child.kill().unwrap();
    }
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!(ready, "", "it came up");
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

/// Starts a server and waits for its first lines.
fn starts(folder: &Path, options: &[&str], lines: usize) -> (Child, Vec<String>) {
    let mut child = server(folder, options).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout.lines().take(lines).map(Result::unwrap).collect())
}

#[test]
fn addresses_are_printed_and_sigterm_ends_it() {
    for name in ["TERM", "INT"] {
        let folder = TempDir::new().unwrap();
        let options = [
            "--listen=127.0.0.1:0",
            "--listen=127.0.0.2:0",
            "--plaintext-listen=127.0.0.1:0",
            "--data=data",
            "--durability=strict",
        ];
        let (mut child, lines) = starts(folder.path(), &options, 3);
        assert!(lines[0].starts_with("listening https://127.0.0.1:"), "{lines:?}");
        assert!(lines[1].starts_with("listening https://127.0.0.2:"), "{lines:?}");
        assert!(lines[2].starts_with("listening http://127.0.0.1:"), "{lines:?}");
        assert!(lines.iter().all(|line| !line.ends_with(":0")), "{lines:?}");
        assert!(folder.path().join("certs/ca.pem").exists());
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Reads standard error until the line that contains `text`.
fn reads_until(lines: &mut impl Iterator<Item = std::io::Result<String>>, text: &str) {
    assert!(lines.any(|line| line.unwrap().contains(text)), "it ended without {text:?}");
}

#[test]
fn a_hangup_does_not_end_it() {
    let folder = TempDir::new().unwrap();
    let (mut child, lines) =
        starts(folder.path(), &["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0"], 2);
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines();
    for _ in 0..2 {
        signal(&child, "HUP");
        reads_until(&mut stderr, "SIGHUP is ignored");
    }
    assert!(get(lines[1].rsplit(':').next().unwrap(), "http://elsewhere:1").starts_with("HTTP/1.1 404"));
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn only_calls_in_flight_are_called_so_at_the_shutdown() {
    for (sent, calls) in [
        (&b""[..], 0),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0),
        (b"GET / HT", 0),
        (
            b"POST /increment.v1.IncrementService/IncrementMany HTTP/1.1\r\nHost: localhost\r\n\
            Content-Type: application/connect+json\r\nConnect-Protocol-Version: 1\r\n\
            Content-Length: 100\r\n\r\n",
            1,
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let (child, lines) =
            starts(folder.path(), &["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0"], 2);
        let open = lines.iter().map(|line| TcpStream::connect(line.rsplit("//").next().unwrap()).unwrap());
        let mut open: Vec<_> = open.collect();
        open[1].write_all(sent).unwrap();
        if calls > 0 {
            // The response begins, so the call is in flight.
            open[1].read_exact(&mut [0]).unwrap();
        }
        signal(&child, "TERM");
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        assert_eq!(status.code(), Some(0));
        let stderr = String::from_utf8(stderr).unwrap();
        let aborted = stderr.lines().find(|line| line.contains("calls"));
        assert_eq!(aborted.is_some_and(|line| line.ends_with("after 5s: 1")), calls > 0, "{stderr}");
        assert_eq!(aborted.is_some(), calls > 0, "{stderr}");
    }
}

#[test]
fn pages_of_its_own_addresses_may_call_each_other() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    fs::write(folder.path().join("page/index.html"), "<p>").unwrap();
    let options = ["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0", "--page=page"];
    let (mut child, lines) = starts(folder.path(), &options, 2);
    let [secure, clear] = [&lines[0], &lines[1]].map(|line| line.rsplit(':').next().unwrap());
    let page = get(clear, "http://elsewhere:1");
    for other in [format!("https://localhost:{secure}"), format!("https://127.0.0.1:{secure}")] {
        let policy = page.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
        assert!(policy.split_once("connect-src 'self'").unwrap().1.contains(&other), "{policy}");
        let response = get(clear, &other);
        for header in ["access-control-allow-origin", "timing-allow-origin"] {
            assert!(response.contains(&format!("\r\n{header}: {other}\r\n")), "{response}");
        }
    }
    assert!(!page.contains("allow-origin"), "{page}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_policy_of_the_page_names_no_address_that_browsers_reject() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    fs::write(folder.path().join("page/index.html"), "<p>").unwrap();
    let options =
        ["--listen=127.0.0.1:0", "--listen=[::1]:0", "--plaintext-listen=127.0.0.1:0", "--page=page"];
    let (mut child, lines) = starts(folder.path(), &options, 3);
    let page = get(lines[2].rsplit(':').next().unwrap(), "http://elsewhere:1");
    child.kill().unwrap();
    child.wait().unwrap();
    let policy = page.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
    // The grammar of CSP's `host-source` has no IPv6.
    assert!(policy.contains("https://localhost:") && !policy.contains('['), "{policy}");
}

#[test]
fn a_page_is_reloaded_only_with_the_option() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("page")).unwrap();
    let index = folder.path().join("page/index.html");
    for (option, expected) in [(&["--reload-page"][..], "<p>new"), (&[], "<p>old")] {
        fs::write(&index, "<p>old").unwrap();
        let options = [&["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0", "--page=page"], option];
        let (mut child, lines) = starts(folder.path(), &options.concat(), 2);
        fs::write(&index, "<p>new").unwrap();
        let page = get(lines[1].rsplit(':').next().unwrap(), "http://elsewhere:1");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(page.ends_with(expected), "{page}");
    }
}

#[test]
fn in_clear_a_listener_for_all_addresses_is_called_by_its_names_on_loopback_too() {
    let folder = TempDir::new().unwrap();
    let options = ["--listen=127.0.0.1:0", "--plaintext-listen=0.0.0.0:0", "--allowed-host=proxy.example"];
    let (mut child, lines) = starts(folder.path(), &options, 2);
    let port = lines[1].rsplit(':').next().unwrap();
    let responses = ["evil.example", "proxy.example"].map(|host| send(port, "/readyz", host, ""));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(responses[0].starts_with("HTTP/1.1 421 "), "{}", responses[0]);
    assert!(responses[1].starts_with("HTTP/1.1 200 "), "{}", responses[1]);
}

/// The response to a request for the page that comes from a page of `origin`.
fn get(port: &str, origin: &str) -> String {
    send(port, "/", "localhost", &format!("Origin: {origin}\r\n"))
}

/// The response to a request that calls `host`.
fn send(port: &str, path: &str, host: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for option in ["--listen", "--plaintext-listen"] {
        let (code, line) = fails(&[option, &address, "--listen", "127.0.0.1:0"]);
        assert_eq!(code, 1);
        assert!(
            line.starts_with("error: ") && line.contains(&address) && line.contains("uses this port"),
            "{line}"
        );
    }
}

#[test]
fn an_address_of_another_machine_is_named() {
    let (code, line) = fails(&["--listen", "192.0.2.1:5000"]);
    assert_eq!(code, 1);
    assert!(line.contains("192.0.2.1:5000") && line.contains("does not have this address"), "{line}");
}

#[test]
fn a_folder_without_a_page_is_named() {
    let (code, line) = fails(&["--listen", "127.0.0.1:0", "--page", "nowhere"]);
    assert_eq!(code, 1);
    assert!(line.contains("nowhere") && line.contains("index.html"), "{line}");
}

#[test]
fn a_certificate_without_its_key_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("mine.pem"), "").unwrap();
    let cert = folder.path().join("mine.pem");
    let (code, line) = fails(&["--listen", "127.0.0.1:0", "--cert", cert.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(line.contains("mine.pem") && line.contains("server.key is missing"), "{line}");
}

#[test]
fn a_ledger_that_another_server_uses_is_named() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data").display().to_string();
    let (mut first, _) = starts(folder.path(), &["--listen=127.0.0.1:0"], 1);
    let (code, line) = fails(&["--listen", "127.0.0.1:0", "--data", &data]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(code, 1);
    assert!(
        line.starts_with("error: ") && line.contains(&data) && line.contains("another program"),
        "{line}"
    );
}

#[test]
fn a_file_that_is_not_a_ledger_is_named_and_left_unchanged() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger");
    fs::write(&path, "notes").unwrap();
    let (code, line) = fails(&["--listen", "127.0.0.1:0", "--data", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(line.contains(path.to_str().unwrap()) && line.contains("not a ledger of increment"), "{line}");
    assert_eq!(fs::read(&path).unwrap(), b"notes");
}

/// A client of the server in `folder` that printed this line, before its handshake.
fn connect(folder: &Path, line: &str) -> (rustls::ClientConnection, TcpStream) {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("certs/ca.pem")).unwrap()).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider().into();
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = rustls::ClientConnection::new(config.into(), name).unwrap();
    (client, TcpStream::connect(line.rsplit("//").next().unwrap()).unwrap())
}

#[test]
fn key_logs_are_written_with_mode_0600() {
    let folder = TempDir::new().unwrap();
    let options = ["--listen=127.0.0.1:0", "--key-log=keys.log"];
    let (mut child, lines) = starts(folder.path(), &options, 1);
    let (mut client, mut stream) = connect(folder.path(), &lines[0]);
    while client.is_handshaking() {
        client.complete_io(&mut stream).unwrap();
    }
    // What comes next is a ticket, sent when the server has all keys.
    client.complete_io(&mut stream).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let keys = fs::read_to_string(folder.path().join("keys.log")).unwrap();
    for label in ["CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "] {
        assert_eq!(keys.lines().filter(|line| line.starts_with(label)).count(), 1, "{keys}");
    }
    let mode = fs::metadata(folder.path().join("keys.log")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (code, line) = fails(&["--listen=127.0.0.1:0", "--key-log=no/keys.log"]);
    assert_eq!(code, 1);
    assert!(line.contains("no/keys.log"), "{line}");
}

/// What becomes of a client without a certificate at a server with these options; `people.pem` is a CA's.
fn without_certificate(options: &[&str]) -> Result<(), rustls::Error> {
    let (folder, people) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let [cert, key] = ["s.pem", "s.key"].map(|name| people.path().join(name));
    increment_certs::open(&cert, &key, SystemTime::now()).unwrap();
    fs::copy(people.path().join("ca.pem"), folder.path().join("people.pem")).unwrap();
    let (mut child, lines) = starts(folder.path(), &[&["--listen=127.0.0.1:0"], options].concat(), 1);
    let (mut client, mut stream) = connect(folder.path(), &lines[0]);
    while client.is_handshaking() {
        client.complete_io(&mut stream).unwrap();
    }
    // What comes next is a ticket, or an alert.
    let outcome = client.complete_io(&mut stream);
    child.kill().unwrap();
    child.wait().unwrap();
    outcome.map(drop).map_err(|error| error.into_inner().unwrap().downcast_ref().cloned().unwrap())
}

#[test]
fn client_certificates_are_verified_where_they_are_requested() {
    use rustls::{AlertDescription::CertificateRequired, Error::AlertReceived};
    assert_eq!(without_certificate(&[]), Ok(()));
    assert_eq!(without_certificate(&["--client-auth=optional", "--client-ca=people.pem"]), Ok(()));
    let rejected = without_certificate(&["--client-auth=required", "--client-ca=people.pem"]);
    assert_eq!(rejected, Err(AlertReceived(CertificateRequired)));
}

#[test]
fn an_invalid_client_ca_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("people.pem");
    let options = ["--client-auth=optional", "--client-ca", file.to_str().unwrap()];
    for (content, reason) in [
        (None, "cannot read"),
        (Some("notes"), "holds no certificate"),
        (Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "is malformed"),
    ] {
        if let Some(content) = content {
            fs::write(&file, content).unwrap();
        }
        let (code, line) = fails(&options);
        assert_eq!(code, 1);
        assert!(line.contains("--client-ca") && line.contains(file.to_str().unwrap()), "{line}");
        assert!(line.contains(reason), "{line}");
    }
}

#[test]
fn wrong_use_exits_with_2() {
    for options in [
        &["--listen", "localhost"][..],
        &["--listen", "127.0.0.1:99999"],
        &["--cors-origin", "example.org"],
        &["--cors-origin", "https://example.org/"],
        &["--cors-origin", "*"],
        &["--cors-origin", "https://*.example.org"],
        &["--cors-origin", "https://user@example.org"],
        &["--cors-origin", "https://example.org:65536"],
        &["--cors-header", "x tenant"],
        &["--cors-header", "*"],
        &["--allowed-host", "example.org:5000"],
        &["--allowed-host", "*"],
        &["--durability", "none"],
        &["--client-auth", "maybe"],
        &["--client-auth", "optional"],
        &["--client-auth", "required"],
        &["--client-ca", "people.pem"],
        &["--client-auth", "off", "--client-ca", "people.pem"],
        &["--connections-per-address", "0"],
        &["--log", "loud"],
        &["--no-such-option"],
        &["word"],
    ] {
        assert_eq!(fails(options).0, 2, "{options:?}");
    }
}
