//! What the server tells Prometheus of itself, and the address where it does.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use common::{ReqBody, Server, Setup, Wire, full, get, post, program::Connection, send, soon, unending};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use increment_proto::v1::IncrementRequest;
use oneport::{CallLimits, Limits};
use prost::Message;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::Code;

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const WATCH_HEALTH: &str = "/grpc.health.v1.Health/Watch";

/// The protocols, each with how many wires speak it.
const PROTOCOLS: [(&str, u64); 3] = [("grpc", 1), ("grpc-web", 2), ("grpc-web-text", 1)];

async fn measured(limits: Limits) -> Server {
    Server::with(Setup { limits, metrics: true, ..Setup::default() }).await
}

/// Sends one request to the address for metrics.
async fn ask(server: &Server, request: Request<ReqBody>) -> Response<Bytes> {
    let stream = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
    soon(send(Version::HTTP_11, stream, request)).await
}

/// What the server tells, by series: `name{label="value"}`.
type Samples = BTreeMap<String, f64>;

async fn read(server: &Server) -> Samples {
    let response = ask(server, get("/metrics")).await;
    assert_eq!(response.status(), StatusCode::OK);
    parse(std::str::from_utf8(response.body()).unwrap())
}

/// Reads until what is told is so.
async fn until(server: &Server, is_so: impl Fn(&Samples) -> bool) -> Samples {
    soon(async {
        loop {
            let samples = read(server).await;
            if is_so(&samples) {
                return samples;
            }
        }
    })
    .await
}

/// Reads Prometheus text (version 0.0.4) and takes nothing that is not just so.
fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'));
    let (mut samples, mut families) = (Samples::new(), BTreeSet::new());
    let (mut family, mut kind, mut help) = ("", "", "");
    for line in text.lines() {
        if let Some(about) = line.strip_prefix("# HELP ") {
            let (name, words) = about.split_once(' ').unwrap();
            assert!(words.ends_with('.') && families.insert(name), "{line}");
            help = name;
        } else if let Some(about) = line.strip_prefix("# TYPE ") {
            (family, kind) = about.split_once(' ').unwrap();
            assert!(family == help && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(family.ends_with("_total"), kind == "counter", "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = check_series(series);
            let part = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} is not of {family}"));
            let is_part = if kind == "histogram" {
                ["_bucket", "_sum", "_count"].contains(&part)
            } else {
                part.is_empty()
            };
            assert!(is_part, "{line} is no part of a {kind}");
            assert!(samples.insert(series.into(), value.parse().unwrap()).is_none(), "{line} is there twice");
        }
    }
    samples
}

/// Checks the name and the labels of a series; returns the name.
fn check_series(series: &str) -> &str {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let Some((name, labels)) = series.split_once('{') else {
        assert!(is_name(series), "{series}");
        return series;
    };
    assert!(is_name(name), "{series}");
    let mut labelled = BTreeSet::new();
    for label in labels.strip_suffix('}').unwrap().split(',') {
        let (label, value) = label.split_once('=').unwrap();
        assert!(is_name(label) && labelled.insert(label), "{series}");
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap();
        assert!(!value.is_empty() && !value.contains(['"', '\\']), "{series}");
    }
    name
}

/// The samples of one name, without it.
fn of(samples: &Samples, name: &str) -> BTreeMap<String, u64> {
    let labels =
        |series: &str| Some(series.strip_prefix(name)?.strip_prefix('{')?.strip_suffix('}')?.to_owned());
    samples.iter().filter_map(|(series, value)| Some((labels(series)?, whole(*value)))).collect()
}

fn whole(value: f64) -> u64 {
    assert_eq!(value.fract(), 0.0);
    value as u64
}

/// The labels of a call's series, with or without a status.
fn labels(path: &str, protocol: &str, status: Option<&str>) -> String {
    let (service, method) = path.strip_prefix('/').unwrap().split_once('/').unwrap();
    let call = format!(r#"method="{method}",protocol="{protocol}",service="{service}""#);
    status.map_or(call.clone(), |status| format!(r#"{call},status="{status}""#))
}

/// Calls with a message, and expects this code.
async fn call(server: &Server, wire: Wire, path: &str, message: &[u8], code: Code) {
    let outcome = soon(server.call(wire, path, message)).await;
    assert_eq!(outcome.map_or_else(|status| status.code(), |_| Code::Ok), code, "{wire:?} {path}");
}

#[tokio::test]
async fn each_call_is_counted_and_timed_once() {
    let server = measured(Limits::default()).await;
    assert_eq!(of(&read(&server).await, "increment_calls_total"), BTreeMap::new());
    let largest = IncrementRequest { number: i64::MAX }.encode_to_vec();
    for wire in Wire::ALL {
        call(&server, wire, TEMPLATE, &[8, 41], Code::Ok).await;
        call(&server, wire, TEMPLATE, &[8, 42], Code::Ok).await;
        call(&server, wire, INCREMENT, &largest, Code::OutOfRange).await;
        for (body, code) in [
            (full(b""), Code::Unimplemented),
            (full(&[0, 0, 0]), Code::Internal),
            (unending(&[&[0, 0xff, 0xff, 0xff, 0xff, 0]]), Code::ResourceExhausted),
        ] {
            let outcome = soon(server.call_raw(wire, TEMPLATE, &[], body)).await;
            assert_eq!(outcome.unwrap_err().code(), code, "{wire:?}");
        }
        call(&server, wire, "/TemplateGRPC/Nope", &[], Code::Unimplemented).await;
    }
    let (mut counted, mut timed) = (BTreeMap::new(), BTreeMap::new());
    for (protocol, wires) in PROTOCOLS {
        for (path, status, calls) in [
            (TEMPLATE, "OK", 2),
            (INCREMENT, "OUT_OF_RANGE", 1),
            (TEMPLATE, "UNIMPLEMENTED", 1),
            (TEMPLATE, "INTERNAL", 1),
            (TEMPLATE, "RESOURCE_EXHAUSTED", 1),
            ("/unknown/unknown", "UNIMPLEMENTED", 1),
        ] {
            counted.insert(labels(path, protocol, Some(status)), calls * wires);
            *timed.entry(labels(path, protocol, None)).or_default() += calls * wires;
        }
    }
    let samples = read(&server).await;
    assert_eq!(of(&samples, "increment_calls_total"), counted);
    assert_eq!(of(&samples, "increment_call_duration_seconds_count"), timed);
    assert_eq!(samples["increment_calls_in_flight"], 0.0);
    let buckets = of(&samples, "increment_call_duration_seconds_bucket");
    for (labels, calls) in timed {
        assert_eq!(buckets[&format!(r#"{labels},le="+Inf""#)], calls);
        assert!(samples[&format!("increment_call_duration_seconds_sum{{{labels}}}")] > 0.0);
    }
}

#[tokio::test]
async fn requests_that_are_no_calls_are_not_counted() {
    let server = measured(Limits::default()).await;
    soon(server.send(Version::HTTP_2, get("/"))).await;
    soon(server.send(Version::HTTP_2, get(TEMPLATE))).await;
    soon(server.send(Version::HTTP_2, post(TEMPLATE, "text/plain", full(b"")))).await;
    soon(server.send(Version::HTTP_11, post(TEMPLATE, "application/grpc", full(b"")))).await;
    assert_eq!(of(&read(&server).await, "increment_calls_total"), BTreeMap::new());
}

#[tokio::test]
async fn the_time_of_a_call_is_that_from_its_arrival_to_its_end() {
    let pause = Duration::from_millis(50);
    let call_limits = CallLimits { message_pause: pause, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, metrics: true, ..Setup::default() }).await;
    let began = Instant::now();
    let stalled = soon(server.call_raw(Wire::Grpc, TEMPLATE, &[], unending(&[&[0, 0]]))).await;
    assert_eq!(stalled.unwrap_err().code(), Code::DeadlineExceeded);
    let took = began.elapsed();
    let labels = labels(TEMPLATE, "grpc", None);
    let samples = read(&server).await;
    let told = samples[&format!("increment_call_duration_seconds_sum{{{labels}}}")];
    assert!(pause.as_secs_f64() <= told && told <= took.as_secs_f64(), "{told} s");
    for (bound, calls) in [("0.00005", 0.0), ("0.025", 0.0), ("10", 1.0), ("+Inf", 1.0)] {
        let bucket = format!(r#"increment_call_duration_seconds_bucket{{{labels},le="{bound}"}}"#);
        assert_eq!(samples[&bucket], calls, "{bound}");
    }
}

#[tokio::test]
async fn a_call_whose_caller_goes_away_is_cancelled() {
    // Nothing else ends it.
    let call_limits = CallLimits { message_pause: Duration::MAX, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, metrics: true, ..Setup::default() }).await;
    for wire in Wire::ALL {
        let mut call = Box::pin(server.call_raw(wire, TEMPLATE, &[], unending(&[&[0, 0, 0]])));
        tokio::select! {
            outcome = &mut call => panic!("{wire:?}: {outcome:?}"),
            _ = until(&server, |samples| samples["increment_calls_in_flight"] == 1.0) => {}
        }
        drop(call);
        until(&server, |samples| samples["increment_calls_in_flight"] == 0.0).await;
    }
    let cancelled = PROTOCOLS.map(|(protocol, wires)| (labels(TEMPLATE, protocol, Some("CANCELLED")), wires));
    assert_eq!(of(&read(&server).await, "increment_calls_total"), BTreeMap::from(cancelled));
}

#[tokio::test]
async fn a_call_that_is_reset_is_cancelled_and_its_connection_goes_on() {
    let call_limits = CallLimits { message_pause: Duration::MAX, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, metrics: true, ..Setup::default() }).await;
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    for content_type in ["application/grpc", "application/grpc-web", "application/grpc-web-text"] {
        let call = sender.send_request(post(TEMPLATE, content_type, unending(&[b"AAAA"])));
        until(&server, |samples| samples["increment_calls_in_flight"] == 1.0).await;
        drop(call);
        until(&server, |samples| samples["increment_calls_in_flight"] == 0.0).await;
    }
    let cancelled = PROTOCOLS.map(|(protocol, _)| (labels(TEMPLATE, protocol, Some("CANCELLED")), 1));
    assert_eq!(of(&read(&server).await, "increment_calls_total"), BTreeMap::from(cancelled));
    assert!(!sender.is_closed());
}

#[tokio::test]
async fn a_stream_whose_caller_goes_away_is_cancelled() {
    let server = measured(Limits::default()).await;
    for wire in Wire::ALL {
        let mut connection = Connection::open(server.http, wire).await.unwrap();
        let mut watch = soon(connection.begin(wire, WATCH_HEALTH, &[])).await.unwrap();
        assert!(soon(watch.frame()).await.unwrap().unwrap().is_data(), "{wire:?}: the first state is told");
        assert_eq!(read(&server).await["increment_calls_in_flight"], 1.0, "{wire:?}");
        drop(watch);
        until(&server, |samples| samples["increment_calls_in_flight"] == 0.0).await;
    }
    let cancelled =
        PROTOCOLS.map(|(protocol, wires)| (labels(WATCH_HEALTH, protocol, Some("CANCELLED")), wires));
    assert_eq!(of(&read(&server).await, "increment_calls_total"), BTreeMap::from(cancelled));
}

#[tokio::test]
async fn unknown_methods_share_one_row() {
    let server = measured(Limits::default()).await;
    for index in 0..100 {
        let path =
            [format!("/service{index}/Method"), format!("/TemplateGRPC/Nope{index}")][index % 2].clone();
        call(&server, Wire::ALL[index % 4], &path, &[], Code::Unimplemented).await;
    }
    let unknown = PROTOCOLS
        .map(|(protocol, wires)| (labels("/unknown/unknown", protocol, Some("UNIMPLEMENTED")), 25 * wires));
    assert_eq!(of(&read(&server).await, "increment_calls_total"), BTreeMap::from(unknown));
}

#[tokio::test]
async fn connections_are_counted_by_kind() {
    let server = measured(Limits::default()).await;
    let told = |samples: &Samples, name| {
        ["plaintext", "tls"].map(|kind| of(samples, name)[&format!(r#"kind="{kind}""#)])
    };
    let open = |samples: &Samples| told(samples, "increment_connections");
    assert_eq!(open(&read(&server).await), [0, 0]);
    let tls = (server.tls(&["h2"]).await, server.tls(&["http/1.1"]).await);
    let plaintext = TcpStream::connect(server.http).await.unwrap();
    until(&server, |samples| open(samples) == [1, 2]).await;
    drop((tls.0, plaintext));
    until(&server, |samples| open(samples) == [0, 1]).await;
    drop(tls.1);
    let samples = until(&server, |samples| open(samples) == [0, 0]).await;
    assert_eq!(told(&samples, "increment_connections_total"), [1, 2]);
    assert_eq!(samples["increment_tls_handshakes_failed_total"], 0.0);
}

#[tokio::test]
async fn connections_that_are_closed_are_counted_by_reason() {
    let closed = |samples: &Samples, reason| {
        of(samples, "increment_connections_closed_total")[&format!(r#"reason="{reason}""#)]
    };
    let limits = Limits {
        idle: Duration::from_millis(200),
        first_request: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = measured(limits).await;
    let silent = TcpStream::connect(server.http).await.unwrap();
    until(&server, |samples| closed(samples, "first_request") == 1).await;
    let mut idle = Connection::open(server.http, Wire::Grpc).await.unwrap();
    soon(idle.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.unwrap().unwrap();
    let samples = until(&server, |samples| closed(samples, "idle") == 1).await;
    assert_eq!(["address_limit", "connection_limit"].map(|reason| closed(&samples, reason)), [0, 0]);
    drop(silent);
    for (limits, reason) in [
        (Limits { connections: 1, ..Limits::default() }, "connection_limit"),
        (Limits { connections_per_address: 1, ..Limits::default() }, "address_limit"),
    ] {
        let server = measured(limits).await;
        let mut open = Vec::new();
        for _ in 0..2 {
            let mut connection = Connection::open(server.http, Wire::Grpc).await.unwrap();
            soon(connection.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.unwrap().unwrap();
            open.push(connection);
        }
        until(&server, |samples| closed(samples, reason) == 1).await;
    }
}

#[tokio::test]
async fn failed_handshakes_are_counted() {
    let limits = Limits { first_request: Duration::from_millis(100), ..Limits::default() };
    let server = measured(limits).await;
    let begins: [(&str, &[u8]); 4] = [
        ("clear text", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("garbage", b"\x16\x03\x01\x00\x05hello"),
        ("half a head", b"\x16\x03"),
        ("nothing", b""),
    ];
    for (failed, (name, begin)) in (1u32..).zip(begins) {
        let mut stream = TcpStream::connect(server.https).await.unwrap();
        stream.write_all(begin).await.unwrap();
        let samples =
            until(&server, |samples| samples["increment_tls_handshakes_failed_total"] > (failed - 1).into())
                .await;
        assert_eq!(samples["increment_tls_handshakes_failed_total"], f64::from(failed), "{name}");
    }
    // A peer that is silent after its handshake, or needs none.
    for mut silent in
        [TcpStream::connect(server.http).await.unwrap(), server.tls(&["h2"]).await.into_inner().0]
    {
        let _ = soon(silent.read_to_end(&mut Vec::new())).await;
    }
    let all_ended = |samples: &Samples| of(samples, "increment_connections").values().sum::<u64>() == 0;
    let samples = until(&server, all_ended).await;
    assert_eq!(samples["increment_tls_handshakes_failed_total"], 4.0);
}

#[tokio::test]
async fn the_ledgers_groups_have_all_calls_that_it_kept() {
    let server = measured(Limits::default()).await;
    for wire in Wire::ALL {
        call(&server, wire, TEMPLATE, &[8, 41], Code::Ok).await;
        call(&server, wire, "/no.such.Service/Method", &[], Code::Unimplemented).await;
        // No access.
        call(&server, wire, "/grpc.health.v1.Health/Check", &[], Code::Ok).await;
    }
    let samples = read(&server).await;
    assert_eq!(samples["increment_ledger_group_size_sum"], 8.0);
    let commits = samples["increment_ledger_commits_total"];
    assert!((1.0..=8.0).contains(&commits), "{commits}");
    assert_eq!(samples["increment_ledger_group_size_count"], commits);
    assert_eq!(samples["increment_ledger_commit_duration_seconds_count"], commits);
    assert!(samples["increment_ledger_commit_duration_seconds_sum"] > 0.0);
}

#[tokio::test]
async fn a_ledger_that_is_not_open_shows_and_so_do_the_calls_it_refuses() {
    let server = measured(Limits::default()).await;
    assert_eq!(read(&server).await["increment_ledger_open"], 1.0);
    soon(server.ledger.close()).await;
    until(&server, |samples| samples["increment_ledger_open"] == 0.0).await;
    for wire in Wire::ALL {
        call(&server, wire, TEMPLATE, &[8, 41], Code::Unavailable).await;
    }
    let refused = PROTOCOLS.map(|(protocol, wires)| (labels(TEMPLATE, protocol, Some("UNAVAILABLE")), wires));
    assert_eq!(of(&read(&server).await, "increment_calls_total"), BTreeMap::from(refused));
}

#[tokio::test]
async fn only_metrics_are_there_and_only_to_be_read() {
    let server = measured(Limits::default()).await;
    let request = |method: Method, path| {
        let mut request = get(path);
        *request.method_mut() = method;
        request
    };
    let response = ask(&server, request(Method::GET, "/metrics?a=b")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4");
    let length = response.body().len();
    let response = ask(&server, request(Method::HEAD, "/metrics")).await;
    assert_eq!((response.status(), response.body().len()), (StatusCode::OK, 0));
    assert_eq!(response.headers()["content-length"], length.to_string().as_str());
    for path in ["/", "/metrics/", TEMPLATE] {
        let response = ask(&server, request(Method::GET, path)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let line = String::from_utf8_lossy(response.body());
        assert!(line.contains("/metrics") && line.lines().count() == 1, "{line}");
    }
    for method in [Method::POST, Method::OPTIONS, Method::DELETE] {
        let response = ask(&server, request(method, "/metrics")).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET, HEAD");
        let line = String::from_utf8_lossy(response.body());
        assert!(line.contains("GET") && line.lines().count() == 1, "{line}");
    }
}

#[tokio::test]
async fn a_connection_for_metrics_ends_in_time() {
    let server = measured(Limits { metrics: Duration::from_millis(100), ..Limits::default() }).await;
    for begin in [&b""[..], b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: a\r\n"] {
        let mut stream = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
        stream.write_all(begin).await.unwrap();
        let _ = soon(stream.read_to_end(&mut Vec::new())).await;
    }
    read(&server).await;
}

#[tokio::test]
async fn at_64_connections_for_metrics_the_oldest_is_closed_for_another() {
    let server = measured(Limits::default()).await;
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(TcpStream::connect(server.metrics.unwrap()).await.unwrap());
    }
    read(&server).await;
    let _ = soon(silent[0].read_to_end(&mut Vec::new())).await;
    // The others are still there.
    let newest = silent.last_mut().unwrap();
    newest.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    soon(newest.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_connection_for_metrics_does_not_hold_up_the_shutdown() {
    let mut server = measured(Limits::default()).await;
    let mut silent = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
    // A later one is answered, so the first one has been accepted.
    read(&server).await;
    let began = Instant::now();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    let _ = soon(silent.read_to_end(&mut Vec::new())).await;
    assert!(began.elapsed() < Limits::default().drain, "it waited for the connection");
    // Not at once where another test starts a program meanwhile, which holds the socket until it runs.
    soon(async { while TcpStream::connect(server.metrics.unwrap()).await.is_ok() {} }).await;
}

/// The program, which ends with the test.
struct Program(Child);

impl Program {
    /// Starts it in `folder`, and waits for its first lines.
    fn start(
        folder: &Path,
        options: &[&str],
        variables: &[(&str, &str)],
        lines: usize,
    ) -> (Self, Vec<String>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_increment-server"));
        command.current_dir(folder).args(options).envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, receiver) = mpsc::channel();
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || told.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        // One that does not come is missing in what is returned.
        let next = |_| receiver.recv_timeout(Duration::from_secs(20)).ok();
        (Self(child), (0..lines).map_while(next).collect())
    }

    /// On how many sockets it listens.
    fn listening(&self) -> usize {
        let process = format!("/proc/{}", self.0.id());
        let links = fs::read_dir(format!("{process}/fd")).unwrap();
        let links = links.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        let open: BTreeSet<String> = links.filter_map(|link| Some(link.to_str()?.to_owned())).collect();
        let table = fs::read_to_string(format!("{process}/net/tcp")).unwrap();
        let sockets = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
        // The state, 0A while it listens, and the socket's number.
        sockets.filter(|row| row[3] == "0A" && open.contains(&format!("socket:[{}]", row[9]))).count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_says_where_metrics_are() {
    let set = ["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0"];
    for (options, variables) in [
        ([&set[..], &["--metrics-listen=127.0.0.1:0"]].concat(), &[][..]),
        (set.to_vec(), &[("INCREMENT_METRICS_LISTEN", "127.0.0.1:0")]),
    ] {
        let folder = TempDir::new().unwrap();
        let (program, lines) = Program::start(folder.path(), &options, variables, 3);
        assert_eq!((lines.len(), program.listening()), (3, 3), "{lines:?}");
        assert!(lines[0].starts_with("listening https://") && lines[1].starts_with("listening http://"));
        let address = lines[2].strip_prefix("listening metrics http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let samples = parse(answer.split_once("\r\n\r\n").unwrap().1);
        assert_eq!(samples["increment_ledger_open"], 1.0);
    }
}

#[test]
fn without_an_address_for_metrics_there_are_none() {
    let folder = TempDir::new().unwrap();
    let (program, lines) = Program::start(folder.path(), &["--listen=127.0.0.1:0"], &[], 1);
    assert!(lines[0].starts_with("listening https://"), "{lines:?}");
    assert_eq!(program.listening(), 1);
}

#[test]
fn an_address_for_metrics_that_cannot_be_had_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let options = ["--listen=127.0.0.1:0", "--metrics-listen", &address];
    let (mut program, lines) = Program::start(folder.path(), &options, &[], 1);
    assert_eq!(lines, [""; 0]);
    let mut told = String::new();
    program.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    let line = told.lines().last().unwrap();
    assert!(
        line.starts_with("error: ") && line.contains(&address) && line.contains("uses this port"),
        "{line}"
    );
    assert_eq!(program.0.wait().unwrap().code(), Some(1));
}
