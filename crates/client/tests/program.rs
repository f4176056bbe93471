//! The `increment` program as a person uses it, against a whole server in this process, and against others that
//! fail in every way it tells apart.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

#[path = "program/client_auth.rs"]
mod client_auth;
#[path = "program/connection.rs"]
mod connection;
#[path = "program/key_log.rs"]
mod key_log;
#[path = "program/limits.rs"]
mod limits;
#[path = "program/relay.rs"]
mod relay;
#[path = "program/streams.rs"]
mod streams;
#[path = "program/variables.rs"]
mod variables;
#[path = "program/wire.rs"]
mod wire;

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{SocketAddr, TcpListener},
    num::NonZero,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, SystemTime},
};

use increment_access::{Durability, Ledger, Options};
use increment_server::{
    App, CallLimits, Limits, Listeners, Parts, counted_methods,
    page::Page,
    run,
    tls::{self, Tls},
};
use rustls::sign::CertifiedKey;
use tempfile::TempDir;
use tokio::sync::oneshot;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server for as long as the test runs.
struct Server {
    urls: Vec<String>,
    certs: TempDir,
    /// What it counts.
    _data: TempDir,
    /// It ends when this is dropped.
    _stop: oneshot::Sender<()>,
}

impl Server {
    fn start() -> Self {
        Self::with("127.0.0.1:0", SystemTime::now())
    }

    /// A server that speaks TLS in this way.
    fn speaking(tls: impl FnOnce(&CertifiedKey) -> Tls) -> Self {
        Self::of("127.0.0.1:0", SystemTime::now(), tls)
    }

    /// A server on `address` whose certificate was made at `made`.
    fn with(address: &str, made: SystemTime) -> Self {
        Self::of(address, made, |certified_key| tls::config(certified_key).unwrap())
    }

    fn of(address: &str, made: SystemTime, tls: impl FnOnce(&CertifiedKey) -> Tls) -> Self {
        let certs = TempDir::new().unwrap();
        let (cert, key) = (certs.path().join("server.pem"), certs.path().join("server.key"));
        let opened = increment_certs::open(&cert, &key, made).unwrap();
        let data = TempDir::new().unwrap();
        let counted = Options::new(counted_methods().unwrap(), Durability::Strict);
        let ledger = Ledger::open(data.path(), counted).unwrap();
        let parts = Parts {
            tls: tls(&opened.certified_key),
            app: App::new(Page::none(), CallLimits::default(), Some(ledger)),
            limits: Limits::default(),
            workers: NonZero::<usize>::MIN,
        };
        let address: SocketAddr = address.parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listeners = runtime.block_on(Listeners::bind(&[address], &[address])).unwrap();
        let urls = listeners.urls().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { drop(stopped.await) };
        thread::spawn(move || runtime.block_on(run(listeners, parts, shutdown)));
        Self { urls, certs, _data: data, _stop: stop }
    }

    /// Its URL by name, for HTTPS.
    fn url(&self) -> String {
        self.urls[0].replace("127.0.0.1", "localhost")
    }

    fn ca(&self) -> PathBuf {
        self.certs.path().join("ca.pem")
    }

    /// The options that lead here.
    fn options(&self) -> Vec<String> {
        vec!["--url".into(), self.url(), "--ca".into(), self.ca().display().to_string()]
    }
}

fn increment<S: AsRef<std::ffi::OsStr>>(options: &[S], words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_increment"));
    command.args(options).args(words);
    command
}

/// Runs the program; returns exit code, standard output and standard error.
fn outcome<S: AsRef<std::ffi::OsStr>>(options: &[S], words: &[&str]) -> (i32, String, String) {
    let output = increment(options, words).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The one line with which the program fails.
fn failure<S: AsRef<std::ffi::OsStr>>(options: &[S], words: &[&str]) -> String {
    let (code, stdout, stderr) = outcome(options, words);
    assert_eq!((code, &*stdout), (1, ""), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn numbers_are_sent_and_what_comes_back_is_printed() {
    let server = Server::start();
    let clear = vec!["--url".into(), server.urls[1].clone()];
    for options in [server.options(), clear] {
        for protocol in ["grpc", "grpc-web"] {
            let words = ["--protocol", protocol, "send", "5681", "-1", "0", "9223372036854775806"];
            let (code, stdout, stderr) = outcome(&options, &words);
            let lines = "Send: 5681, Return: 5682\nSend: -1, Return: 0\nSend: 0, Return: 1\n\
                Send: 9223372036854775806, Return: 9223372036854775807\n";
            assert_eq!((code, &*stdout, &*stderr), (0, lines, ""));
            let (_, stdout, _) =
                outcome(&options, &["send", "--template", "--protocol", protocol, "2147483647"]);
            assert_eq!(stdout, "Send: 2147483647, Return: 2147483648\n");
        }
    }
}

#[test]
fn the_address_of_the_server_is_as_good_as_its_name() {
    let server = Server::start();
    let (code, ..) =
        outcome(&["--url", &server.urls[0], "--ca", server.ca().to_str().unwrap()], &["send", "1"]);
    assert_eq!(code, 0);
}

#[test]
fn every_option_can_be_given_as_a_variable() {
    let server = Server::start();
    let mut command = increment::<&str>(&[], &["send", "7"]);
    command.env("INCREMENT_URL", server.url()).env("INCREMENT_CA", server.ca());
    command.env("INCREMENT_PROTOCOL", "grpc-web").env("INCREMENT_COUNT", "2").env("INCREMENT_TEMPLATE", "1");
    assert_eq!(command.output().unwrap().stdout, b"Send: 7, Return: 8\nSend: 7, Return: 8\n");
}

#[test]
fn without_a_number_random_ones_are_sent() {
    let server = Server::start();
    for words in [&["send", "--count", "20"][..], &["send", "--template", "--count", "20"]] {
        let (code, stdout, _) = outcome(&server.options(), words);
        assert_eq!(code, 0);
        let sent: Vec<i64> = stdout
            .lines()
            .map(|line| {
                let (sent, returned) = line.strip_prefix("Send: ").unwrap().split_once(", Return: ").unwrap();
                assert_eq!(sent.parse::<i64>().unwrap() + 1, returned.parse::<i64>().unwrap());
                sent.parse().unwrap()
            })
            .collect();
        assert_eq!(sent.len(), 20);
        assert!(sent.iter().all(|number| (0..10_000).contains(number)), "{sent:?}");
        assert!(sent.iter().any(|number| *number != sent[0]), "{sent:?}");
    }
}

#[test]
fn the_largest_number_is_refused_after_the_answers_before_it() {
    let server = Server::start();
    for protocol in ["grpc", "grpc-web"] {
        let words = ["send", "--protocol", protocol, "1", "9223372036854775807", "2"];
        let (code, stdout, stderr) = outcome(&server.options(), &words);
        assert_eq!((code, &*stdout), (1, "Send: 1, Return: 2\n"));
        assert!(stderr.contains("OUT_OF_RANGE") && stderr.contains("field number"), "{stderr}");
    }
}

#[test]
fn a_reader_who_has_had_enough_is_no_failure() {
    let server = Server::start();
    let mut child = increment(&server.options(), &["send", "--count", "100000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_written_are_a_failure_that_says_so() {
    let server = Server::start();
    for words in [&["send", "1"][..], &["accesses"], &["connection"], &["wire", "1"], &["doctor"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = increment(&server.options(), words).stdout(full).output().unwrap();
        let line = "error: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!((output.status.code(), &*output.stderr), (Some(1), line.as_bytes()), "{words:?}");
    }
}

#[test]
fn the_accesses_are_printed_as_a_table() {
    let server = Server::start();
    assert_eq!(
        outcome(&server.options(), &["accesses"]),
        (0, "no calls so far: the total is 0\n".into(), "".into())
    );
    outcome(&server.options(), &["send", "--count", "12", "1"]);
    outcome(&server.options(), &["send", "--protocol", "grpc-web", "--template", "1"]);
    let table = "\
SERVICE                        METHOD                PROTOCOL  CALLS
TemplateGRPC                   TemplateGRPCEndpoint  grpc-web      1
increment.v1.IncrementService  Increment             grpc         12
TOTAL                                                             13
";
    for protocol in ["grpc", "grpc-web"] {
        let printed = outcome(&server.options(), &["accesses", "--protocol", protocol]);
        assert_eq!(printed, (0, table.into(), "".into()));
    }
}

/// What is printed with `--json` after `count` calls.
fn json(count: u32) -> String {
    match count {
        0 => r#"{"total":"0","rows":[]}"#.into(),
        _ => format!(
            r#"{{"total":"{count}","rows":[{{"service":"increment.v1.IncrementService","method":"Increment","protocol":"grpc","count":"{count}"}}]}}"#
        ),
    }
}

#[test]
fn the_accesses_are_printed_as_json() {
    let server = Server::start();
    outcome(&server.options(), &["send", "1", "2"]);
    let line = format!("{}\n", json(2));
    assert_eq!(outcome(&server.options(), &["accesses", "--json"]), (0, line.clone(), "".into()));
    let mut command = increment(&server.options(), &["accesses"]);
    let output = command.env("INCREMENT_JSON", "1").env("INCREMENT_WATCH", "0").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), line);
}

/// Starts the program; what it prints is read line by line.
fn watch(server: &Server, words: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    watch_with(&server.options(), words)
}

fn watch_with(options: &[String], words: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = increment(options, &["accesses", "--watch"]);
    let mut child = command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

#[test]
fn each_change_is_told_at_once_until_the_server_ends() {
    for protocol in ["grpc", "grpc-web"] {
        let server = Server::start();
        let (child, mut lines) = watch(&server, &["--json", "--protocol", protocol]);
        for count in 0..3 {
            assert_eq!(lines.next().unwrap().unwrap(), json(count));
            outcome(&server.options(), &["send", "1"]);
        }
        assert_eq!(lines.next().unwrap().unwrap(), json(3));
        drop(server);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
        assert!(
            stderr.starts_with("error: the watch ended: ") && stderr.contains("shutting down"),
            "{stderr}"
        );
        assert!(lines.next().is_none());
    }
}

#[test]
fn an_empty_line_stands_between_watched_tables() {
    let server = Server::start();
    let (mut child, lines) = watch(&server, &[]);
    let mut lines = lines.map(|line| line.unwrap());
    assert_eq!(lines.next().unwrap(), "no calls so far: the total is 0");
    outcome(&server.options(), &["send", "1"]);
    assert_eq!(lines.next().unwrap(), "");
    assert!(lines.next().unwrap().starts_with("SERVICE "));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_watcher_who_has_had_enough_is_no_failure() {
    let server = Server::start();
    let (child, mut lines) = watch(&server, &["--json"]);
    lines.next().unwrap().unwrap();
    drop(lines);
    outcome(&server.options(), &["send", "1"]);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn accesses_of_no_server_are_no_watch_that_ended() {
    let server = Server::start();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, ca) = (format!("https://{closed}"), server.ca().display().to_string());
    for words in [&["accesses"][..], &["accesses", "--watch"]] {
        let line = failure(&["--url", &url, "--ca", &ca], words);
        assert!(line.starts_with("error: cannot connect to"), "{line}");
    }
}

#[test]
fn the_ca_of_another_server_is_not_trusted() {
    let (server, other) = (Server::start(), Server::start());
    let ca = other.ca().display().to_string();
    for protocol in ["grpc", "grpc-web"] {
        let line = failure(&["--url", &server.url(), "--ca", &ca, "--protocol", protocol], &["send", "1"]);
        assert!(line.contains("not from the CA in") && line.contains(&ca) && line.contains("--ca"), "{line}");
    }
}

#[test]
fn a_certificate_for_other_names_is_refused() {
    let server = Server::with("127.0.0.2:0", SystemTime::now());
    for protocol in ["grpc", "grpc-web"] {
        let line = failure(&server.options(), &["send", "1", "--protocol", protocol]);
        assert!(line.contains("is for other names, not for 127.0.0.2"), "{line}");
    }
}

#[test]
fn an_expired_certificate_is_refused() {
    let server = Server::with("127.0.0.1:0", SystemTime::now() - 100 * DAY);
    let line = failure(&server.options(), &["send", "1"]);
    assert!(line.contains("is not valid today"), "{line}");
}

#[test]
fn a_closed_port_is_named() {
    let server = Server::start();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ca = server.ca().display().to_string();
    for protocol in ["grpc", "grpc-web"] {
        let url = format!("https://{closed}");
        let line = failure(&["--url", &url, "--ca", &ca, "--protocol", protocol], &["send", "1"]);
        assert!(line.contains(&closed.to_string()) && line.contains("is the server running"), "{line}");
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let server = Server::start();
    // Connections wait in its queue, and nobody takes them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let (tls, clear) = (format!("https://{address}"), format!("http://{address}"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let line = failure(&["--url", &tls, "--ca", server.ca().to_str().unwrap()], &["send", "1"]);
            assert!(line.contains(&address.to_string()) && line.contains("no answer within 5s"), "{line}");
        });
        let line = failure(&["--url", &clear], &["send", "1"]);
        assert!(line.contains(&clear) && line.contains("did not answer within 10s"), "{line}");
    });
}

#[test]
fn a_server_in_clear_does_not_speak_tls() {
    let server = Server::start();
    let url = server.urls[1].replace("http://", "https://");
    let line = failure(&["--url", &url, "--ca", server.ca().to_str().unwrap()], &["send", "1"]);
    assert!(line.contains("does not speak TLS"), "{line}");
}

#[test]
fn a_server_of_another_kind_is_told_from_ours() {
    let url = web_server(b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n");
    let line = failure(&["--url", &url, "--protocol", "grpc-web"], &["send", "1"]);
    assert!(
        line.contains("not a gRPC server") && line.contains("404") && line.contains("text/html"),
        "{line}"
    );
    let line = failure(&["--url", &url], &["send", "1"]);
    assert!(line.contains("does not speak HTTP as expected"), "{line}");
}

#[test]
fn an_answer_that_breaks_off_is_told_in_plain_words() {
    let url = web_server(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    for words in [&["send", "1"][..], &["accesses"], &["accesses", "--watch"]] {
        let line = failure(&["--url", &url, "--protocol", "grpc-web"], words);
        assert!(line.contains(&url) && line.contains("broke the connection off"), "{line}");
        assert!(line.contains("unexpected EOF") && !line.contains("Error("), "{line}");
    }
}

#[test]
fn a_watch_that_the_server_ends_well_is_a_failure_all_the_same() {
    let url = web_server(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 20\r\n\r\n\
          \x80\0\0\0\x0fgrpc-status:0\r\n",
    );
    let line = failure(&["--url", &url, "--protocol", "grpc-web"], &["accesses", "--watch"]);
    assert!(line.contains("the watch ended: the server has no more to tell"), "{line}");
}

/// A web server that knows HTTP/1.1 and one answer; returns its URL.
fn web_server(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    url
}

#[test]
fn a_tls_server_without_http_2_is_told_so() {
    let certs = TempDir::new().unwrap();
    let opened =
        increment_certs::open(&certs.path().join("s.pem"), &certs.path().join("s.key"), SystemTime::now())
            .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let shown = rustls::sign::SingleCertAndKey::from(opened.certified_key);
    let ours = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    for alpn in [vec![b"http/1.1".to_vec()], vec![]] {
        let mut config = ours.clone();
        config.alpn_protocols = alpn;
        let url = tls_server(config);
        let line =
            failure(&["--url", &url, "--ca", certs.path().join("ca.pem").to_str().unwrap()], &["send", "1"]);
        assert!(line.contains("does not speak HTTP/2") && line.contains("--protocol grpc-web"), "{line}");
    }
}

/// A server that shakes hands and says no more; returns its URL.
fn tls_server(config: rustls::ServerConfig) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut connection = rustls::ServerConnection::new(Arc::new(config.clone())).unwrap();
            let _ = connection.complete_io(&mut stream.unwrap());
        }
    });
    url
}

#[test]
fn a_ca_that_cannot_be_read_is_named() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("none.pem");
    let line = failure(&["--ca", missing.to_str().unwrap()], &["send", "1"]);
    assert!(line.contains("none.pem") && line.contains("--ca"), "{line}");
    std::fs::write(&missing, "no certificate").unwrap();
    let line = failure(&["--ca", missing.to_str().unwrap()], &["send", "1"]);
    assert!(line.contains("none.pem") && line.contains("no certificate in PEM"), "{line}");
}

#[test]
fn a_url_that_is_none_is_named() {
    for url in ["localhost:5000", "ftp://localhost", "https://localhost/path", "https://localhost:99999"] {
        let line = failure(&["--url", url], &["send", "1"]);
        assert!(line.contains(url) && line.contains("https://localhost:5000"), "{line}");
    }
}

#[test]
fn wrong_use_exits_with_2() {
    for words in [
        &["send", "x"][..],
        &["send", "1.5"],
        &["send", "9223372036854775808"],
        &["send", "--template", "2147483648"],
        &["send", "--count", "-1"],
        &["send", "--protocol", "soap", "1"],
        &["count-up"],
        &["count-up", "9223372036854775808"],
        &["count-up", "1.5"],
        &["count-up", "1", "--steps", "-1"],
        &["count-up", "1", "--steps", "18446744073709551616"],
        &["count-up", "1", "--interval-ms", "4294967296"],
        &["many", "1"],
        &["accesses", "1"],
        &["connection", "1"],
        &["connection", "--watch"],
        &["send", "1", "--timeout", "0"],
        &["send", "1", "--timeout", "-1"],
        &["send", "1", "--timeout", "inf"],
        &["send", "1", "--timeout", "x"],
        &["doctor", "--limit-ms", "0"],
        &["send", "1", "--key-log"],
        &["--cert", "mine.pem", "send", "1"],
        &["send", "1", "--key", "mine.key"],
        &["fetch"],
        &[],
    ] {
        let (code, stdout, stderr) = outcome::<&str>(&[], words);
        assert_eq!((code, &*stdout), (2, ""), "{words:?}: {stderr}");
        assert!(!stderr.is_empty());
    }
}
