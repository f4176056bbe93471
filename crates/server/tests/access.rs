//! Accesses are counted and listed through the services, over every protocol.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

#[path = "access/reporters.rs"]
mod reporters;

use std::{collections::HashMap, fs};

use common::{
    Server, Setup, Wire, channel, frame, full,
    program::{Connection, LIST, MessageStream, Program, counts},
    soon,
};
use http::Version;
use increment_access::{Durability, MAX_COUNT, NAME_BYTES, ORIGINS, ROWS_PER_ORIGIN};
use increment_proto::v1::{
    self as proto, AccessRow, IncrementRequest, ListAccessCountsResponse, ReportAccessesRequest,
    ReportAccessesResponse, WatchAccessCountsResponse,
};
use prost::Message;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";
const REPORT: &str = "/increment.v1.AccessService/ReportAccesses";

async fn list(server: &Server, wire: Wire) -> ListAccessCountsResponse {
    ListAccessCountsResponse::decode(soon(server.call(wire, LIST, &[])).await.unwrap()).unwrap()
}

fn row(service: &str, method: &str, protocol: &str, count: u64) -> AccessRow {
    AccessRow { service: service.into(), method: method.into(), protocol: protocol.into(), count }
}

fn report(origin: &str, rows: Vec<AccessRow>) -> Vec<u8> {
    frame(&ReportAccessesRequest { origin: origin.into(), rows }.encode_to_vec())
}

async fn send_reports(server: &Server, wire: Wire, reports: &[Vec<u8>]) -> Result<u64, Status> {
    let body = full(&reports.concat());
    let bearer = server.bearer();
    let response = soon(server.call_raw(wire, REPORT, &[("authorization", &*bearer)], body)).await?;
    Ok(ReportAccessesResponse::decode(response).unwrap().reports)
}

#[tokio::test]
async fn every_call_is_counted_by_service_method_and_protocol() {
    for durability in [Durability::Strict, Durability::Relaxed] {
        let server = Server::with(Setup { durability, ..Setup::default() }).await;
        let max = IncrementRequest { number: i64::MAX }.encode_to_vec();
        for wire in Wire::ALL {
            soon(server.call(wire, TEMPLATE, &[8, 41])).await.unwrap();
            // Whatever comes of it.
            soon(server.call(wire, INCREMENT, &max)).await.unwrap_err();
            soon(server.call_raw(wire, INCREMENT, &[], full(b""))).await.unwrap_err();
            soon(server.call(wire, "/TemplateGRPC/Nope", &[])).await.unwrap_err();
            soon(server.call(wire, "/no.such.Service/Method", &[])).await.unwrap_err();
        }
        for wire in Wire::ALL {
            let listed = list(&server, wire).await;
            // One HTTP version of gRPC-Web is as good as the other.
            let increment = "increment.v1.IncrementService";
            let expected = [
                row("TemplateGRPC", "TemplateGRPCEndpoint", "grpc", 1),
                row("TemplateGRPC", "TemplateGRPCEndpoint", "grpc-web", 2),
                row("TemplateGRPC", "TemplateGRPCEndpoint", "grpc-web-text", 1),
                row(increment, "Increment", "grpc", 2),
                row(increment, "Increment", "grpc-web", 4),
                row(increment, "Increment", "grpc-web-text", 2),
                row("unknown", "unknown", "unknown", 8),
            ];
            assert_eq!((listed.total, listed.rows), (20, expected.to_vec()), "{wire:?} {durability:?}");
            let expected = match durability {
                Durability::Strict => proto::Durability::Strict,
                Durability::Relaxed => proto::Durability::Relaxed,
            };
            assert_eq!(listed.durability, i32::from(expected));
        }
    }
}

#[tokio::test]
async fn methods_that_an_uncounted_service_does_not_have_yet_are_not_accesses() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        for service in ["grpc.health.v1.Health", "increment.v1.AccessService"] {
            soon(server.call(wire, &format!("/{service}/NotYet"), &[])).await.unwrap_err();
        }
    }
    assert_eq!(list(&server, Wire::Grpc).await.total, 0);
}

#[tokio::test]
async fn a_get_from_a_page_of_another_site_gets_a_response_and_changes_nothing() {
    let describe = "/increment.v1.ConnectionService/DescribeConnection?encoding=json&message=%7B%7D";
    let server = Server::start().await;
    let get = async |version, headers: &[(&str, &str)]| {
        let mut request = http::Request::get(format!("https://localhost{describe}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(full(b"")).unwrap();
        soon(server.send(version, request)).await.status()
    };
    let ledger = server.data.path().join("ledger");
    let before = fs::read(&ledger).unwrap();
    for version in [Version::HTTP_11, Version::HTTP_2] {
        for caused in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
            &[("origin", "https://evil.example")],
        ] {
            assert_eq!(get(version, caused).await, 200, "{caused:?}");
        }
    }
    assert_eq!(list(&server, Wire::Grpc).await.total, 0);
    assert_eq!(fs::read(&ledger).unwrap(), before, "something was written");
    for version in [Version::HTTP_11, Version::HTTP_2] {
        for own in [&[][..], &[("sec-fetch-site", "none")], &[("sec-fetch-site", "same-origin")]] {
            assert_eq!(get(version, own).await, 200, "{own:?}");
        }
    }
    assert_eq!(list(&server, Wire::Grpc).await.total, 6);
}

#[tokio::test]
async fn many_small_reports_share_their_writes_and_old_origins_are_folded() {
    let server = Server::with(Setup { metrics: true, ..Setup::default() }).await;
    let restarts = ORIGINS + 100;
    let reports: Vec<_> = (0..restarts)
        .map(|run| report(&format!("run-{run}"), vec![row("doubling.v1.Doubling", "Double", "grpc", 2)]))
        .collect();
    assert_eq!(send_reports(&server, Wire::GrpcWebHttp2, &reports).await.unwrap(), restarts as u64);
    let listed = list(&server, Wire::Grpc).await;
    assert_eq!(listed.rows, [row("doubling.v1.Doubling", "Double", "grpc", 2 * restarts as u64)]);
    let samples = samples(&server).await;
    assert_eq!(samples["ledger_origins"], ORIGINS as f64);
    assert_eq!(samples["ledger_origins_folded_total"], 100.0);
    let commits = samples["ledger_commits_total"];
    assert!(commits < restarts as f64 / 10.0, "{commits} commits of {restarts} reports");
    // Late, and rejected: how much of it is counted already is unknown.
    let late = send_reports(&server, Wire::Grpc, &reports[..1]).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);
    assert!(late.message().contains("run-0") && late.message().contains("new name"), "{late:?}");
    assert_eq!(late.get_details_precondition_failure().unwrap().violations[0].subject, "run-0");
    assert_eq!(list(&server, Wire::Grpc).await.total, listed.total);
}

/// What the server measures, without labels.
async fn samples(server: &Server) -> HashMap<String, f64> {
    let request = http::Request::get("/metrics").body(full(b"")).unwrap();
    let stream = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
    let response = soon(common::send(Version::HTTP_11, stream, request)).await.into_body();
    let text = String::from_utf8(response.to_vec()).unwrap();
    let samples = text.lines().filter_map(|line| line.split_once(' '));
    samples.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

#[tokio::test]
async fn reading_counts_and_health_checks_are_not_accesses() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        list(&server, wire).await;
        soon(server.call(wire, "/grpc.health.v1.Health/Check", &[])).await.unwrap();
        assert_eq!(send_reports(&server, wire, &[]).await.unwrap(), 0);
    }
    assert_eq!(list(&server, Wire::Grpc).await.total, 0);
}

#[tokio::test]
async fn a_stream_is_counted_once_when_it_begins() {
    let server = Server::start().await;
    let (sender, body) = channel();
    let path = "/increment.v1.IncrementService/IncrementMany";
    let call = common::post(path, "application/grpc", body);
    let mut connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    let Connection::Http2(stream) = &mut connection else { panic!("gRPC needs HTTP/2") };
    let under_way = tokio::spawn(stream.send_request(call));
    let counted = async { while list(&server, Wire::Grpc).await.total == 0 {} };
    soon(counted).await;
    for _ in 0..3 {
        sender.send(&frame(&[8, 41])).await;
    }
    drop(sender);
    drop(soon(under_way).await);
    assert_eq!(list(&server, Wire::Grpc).await.total, 1);
}

#[tokio::test]
async fn reports_of_other_services_are_listed_with_the_servers_own() {
    let server = Server::start().await;
    for (index, wire) in Wire::ALL.into_iter().enumerate() {
        let origin = format!("doubling-{index}");
        let totals = [3, 5, 5, 4]
            .map(|count| report(&origin, vec![row("doubling.v1.Doubling", "Double", "grpc", count)]));
        assert_eq!(send_reports(&server, wire, &totals).await.unwrap(), 4, "{wire:?}");
        let listed = list(&server, wire).await;
        assert_eq!(listed.rows, [row("doubling.v1.Doubling", "Double", "grpc", 5 * (index as u64 + 1))]);
    }
}

#[tokio::test]
async fn a_report_that_cannot_be_one_names_its_field_and_keeps_those_before() {
    let server = Server::start().await;
    let good = report("origin", vec![row("a", "b", "grpc", 1)]);
    let long = "x".repeat(NAME_BYTES + 1);
    let cases = [
        (report("", vec![]), "origin"),
        (report("or igin", vec![]), "origin"),
        (report("origin", vec![row("a", "b", "grpc", 9), row(&long, "b", "grpc", 9)]), "rows[1].service"),
        (report("origin", vec![row("a", "", "grpc", 9)]), "rows[0].method"),
        (report("origin", vec![row("a", "b", "\u{1b}[2J", 9)]), "rows[0].protocol"),
        (report("origin", vec![row("a", "b", "grpc", u64::MAX)]), "rows[0].count"),
        (report("origin", vec![row("a", "b", "grpc", MAX_COUNT + 1)]), "rows[0].count"),
    ];
    for wire in Wire::ALL {
        for (bad, field) in &cases {
            let status = send_reports(&server, wire, &[good.clone(), bad.clone()]).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument, "{wire:?} {field}");
            assert!(status.message().starts_with(field), "{status:?}");
            assert_eq!(status.get_details_bad_request().unwrap().field_violations[0].field, *field);
        }
        assert_eq!(list(&server, wire).await.rows, [row("a", "b", "grpc", 1)]);
    }
}

#[tokio::test]
async fn a_report_beyond_a_limit_names_it() {
    let server = Server::start().await;
    let rows = (0..=ROWS_PER_ORIGIN).map(|index| row("a", &format!("m{index}"), "grpc", 1)).collect();
    let too_many = report("origin", rows);
    for wire in Wire::ALL {
        let status = send_reports(&server, wire, std::slice::from_ref(&too_many)).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{wire:?}");
        assert!(status.message().contains("256 rows") && status.message().contains("origin"), "{status:?}");
    }
    assert_eq!(list(&server, Wire::Grpc).await.total, 0);
}

#[tokio::test]
async fn a_watcher_follows_over_every_protocol_until_the_server_goes() {
    let mut server = Server::start().await;
    let mut watchers = Vec::new();
    for wire in [Wire::Grpc, Wire::GrpcWebHttp1, Wire::GrpcWebHttp2] {
        let mut connection = soon(Connection::open(server.http, wire)).await.unwrap();
        let mut messages = MessageStream::new(soon(connection.begin(wire, WATCH, &[])).await.unwrap());
        let first = WatchAccessCountsResponse::decode(soon(messages.next()).await.unwrap()).unwrap();
        assert_eq!((first.total, first.durability), (0, proto::Durability::Strict.into()), "{wire:?}");
        watchers.push((wire, connection, messages));
    }
    soon(server.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.unwrap();
    for (wire, _, messages) in &mut watchers {
        let next = WatchAccessCountsResponse::decode(soon(messages.next()).await.unwrap()).unwrap();
        assert_eq!(next.rows, [row("TemplateGRPC", "TemplateGRPCEndpoint", "grpc", 1)], "{wire:?}");
    }
    server.stop();
    for (wire, _, messages) in &mut watchers {
        assert_eq!(soon(messages.next()).await, None, "{wire:?}");
    }
    // Nobody is aborted: the drain is longer than this test waits.
    soon(&mut server.running).await.unwrap().unwrap();
}

/// How many watchers, and how many of them never read.
const WATCHERS: usize = 1000;
const SILENT: usize = 10;
/// How many rows the states have.
const ROWS: u64 = 30;
/// How many calls the watchers who read wait for.
const CALLS: u64 = 200;
/// As many as the server lets one connection have.
const WATCHERS_PER_CONNECTION: usize = 198;
/// What a watcher may cost the server: a window of HTTP/2 and what the library keeps of a stream, in KiB.
const KIB_PER_WATCHER: u64 = 96;

/// The memory that a process has, in KiB.
fn memory(server: &Program) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn watch_on(server: &Program, count: usize) -> (Vec<Connection>, Vec<MessageStream>) {
    let (mut connections, mut watches) = (Vec::new(), Vec::new());
    for index in 0..count {
        if index % WATCHERS_PER_CONNECTION == 0 {
            connections.push(soon(Connection::open(server.http, Wire::Grpc)).await.unwrap());
        }
        let connection = connections.last_mut().unwrap();
        watches.push(MessageStream::new(soon(connection.begin(Wire::Grpc, WATCH, &[])).await.unwrap()));
    }
    (connections, watches)
}

/// A state without its rows, which a thousand watchers in one thread take too long to read.
#[derive(Clone, PartialEq, Message)]
struct Total {
    #[prost(uint64, tag = "1")]
    total: u64,
}

async fn receives_total(mut watch: MessageStream, total: u64) {
    while Total::decode(watch.next().await.expect("a state")).unwrap().total < total {}
}

#[tokio::test]
async fn a_thousand_watchers_delay_no_call_and_those_who_never_read_cost_little() {
    let folder = TempDir::new().unwrap();
    let server = Program::start(folder.path(), &["--log=error"], &[]);
    let mut connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    // States of some 8 KB: eight fill the window of a watcher who does not read.
    let long = "x".repeat(NAME_BYTES);
    let rows: Vec<_> =
        (0..ROWS).map(|index| row(&long, &format!("{index:0>NAME_BYTES$}"), "grpc", 1)).collect();
    let reported = ReportAccessesRequest { origin: "o".into(), rows }.encode_to_vec();
    let bearer = common::bearer(&folder.path().join("certs"));
    let headers = [("authorization", &*bearer)];
    soon(connection.call_with(Wire::Grpc, REPORT, &headers, &reported)).await.unwrap().unwrap();
    let before = memory(&server);

    let (_silent_connections, _silent) = watch_on(&server, SILENT).await;
    let (_connections, watches) = watch_on(&server, WATCHERS - SILENT).await;
    let mut total = ROWS;
    let mut watchers: Vec<_> =
        watches.into_iter().map(|watch| tokio::spawn(receives_total(watch, total + CALLS))).collect();
    let last = watchers.pop().unwrap();
    while !last.is_finished() {
        soon(connection.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.unwrap().unwrap();
        total += 1;
    }
    for watcher in watchers {
        soon(watcher).await.unwrap();
    }
    assert_eq!(counts(server.http).await.values().sum::<u64>(), total);
    let cost = memory(&server).saturating_sub(before) / WATCHERS as u64;
    assert!(cost <= KIB_PER_WATCHER, "{cost} KiB for each watcher");
}
