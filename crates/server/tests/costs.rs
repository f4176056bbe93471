//! What callers who mean harm cost others: each attack beside a good client, who is served in time, and with little memory.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use bytes::Bytes;
use common::{
    ReqBody, Wire,
    attack::{MEMORY_KIB, SLOWEST, memory_kib},
    chunked, frame, full, post,
    program::{Connection, LIST, Program},
    soon, unending,
};
use futures_util::future::join_all;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, client::conn::http2::SendRequest};
use increment_access::{NAME_BYTES, ROWS_PER_ORIGIN};
use increment_proto::v1::{AccessRow, IncrementRequest, ReportAccessesRequest};
use prost::Message;
use tempfile::TempDir;
use tokio::sync::Mutex;

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const MANY: &str = "/increment.v1.IncrementService/IncrementMany";
const REPORT: &str = "/increment.v1.AccessService/ReportAccesses";
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

/// How many calls the good client makes at least beside an attack.
const GOOD_CALLS: usize = 20;
/// How often an attack is tried. What blocks a thread does so each time; what a busy machine delays, it delays once.
const TRIES: usize = 3;
/// The connections of an attacker: more than the server has workers here, so that each worker has some.
const CONNECTIONS: usize = 4;
/// How many calls at once an attacker makes on each; a server takes 200.
const CALLS: usize = 50;

/// What 4 MiB, the most that gRPC servers take by default, hold of rows without content.
const ROWS: usize = 1_400_000;

fn gzip(message: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

fn compressed(content: &[u8]) -> Bytes {
    [&[1], &frame(content)[1..]].concat().into()
}

/// A client that calls until it is told to stop, in a thread of its own; the time of its slowest call.
fn good_client(address: SocketAddr, stop: Arc<AtomicBool>) -> JoinHandle<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    thread::spawn(move || {
        runtime.block_on(async {
            let mut connection = soon(Connection::open(address, Wire::Grpc)).await.unwrap();
            let message = IncrementRequest { number: 5681 }.encode_to_vec();
            let (mut slowest, mut calls) = (Duration::ZERO, 0);
            while calls < GOOD_CALLS || !stop.load(Ordering::Relaxed) {
                let begin = Instant::now();
                soon(connection.call(Wire::Grpc, INCREMENT, &message)).await.unwrap().unwrap();
                slowest = slowest.max(begin.elapsed());
                calls += 1;
            }
            slowest
        })
    })
}

/// A server, and the header of those who may report to it, where it asks for that.
struct Target {
    server: Program,
    authorization: String,
}

impl Target {
    fn report(&self, content_type: &str, body: ReqBody) -> Request<ReqBody> {
        let mut request = post(REPORT, content_type, body);
        request.headers_mut().insert("authorization", self.authorization.parse().unwrap());
        request
    }
}

/// Runs the attack on a server of its own until the good client is served in time beside it.
async fn survives(prepare: impl AsyncFn(&Target), attack: impl AsyncFn(&Target)) {
    static ONE_BY_ONE: Mutex<()> = Mutex::const_new(());
    let _alone = ONE_BY_ONE.lock().await;
    let mut costs = Vec::new();
    for _ in 0..TRIES {
        let folder = TempDir::new().unwrap();
        // Without the disk, whose delays are others' fault.
        let server = Program::start(folder.path(), &["--log=error", "--durability=relaxed"], &[]);
        let token = fs::read_to_string(folder.path().join("certs/report.token")).unwrap_or_default();
        let server = Target { server, authorization: format!("Bearer {}", token.trim()) };
        prepare(&server).await;
        let before = memory_kib(server.server.process.id(), "VmRSS");
        let stop = Arc::new(AtomicBool::new(false));
        let good = good_client(server.server.http, Arc::clone(&stop));
        attack(&server).await;
        stop.store(true, Ordering::Relaxed);
        let slowest = good.join().unwrap();
        let grown = memory_kib(server.server.process.id(), "VmHWM").saturating_sub(before);
        costs.push((slowest, format!("{} MiB", grown >> 10)));
        if slowest < SLOWEST && grown < MEMORY_KIB {
            return;
        }
    }
    panic!("the good client's slowest call, and what the attack took: {costs:?}");
}

async fn nothing(_: &Target) {}

async fn open(server: &Target) -> SendRequest<ReqBody> {
    match soon(Connection::open(server.server.http, Wire::Grpc)).await.unwrap() {
        Connection::Http2(sender) => sender,
        Connection::Http1(_) => panic!("gRPC needs HTTP/2"),
    }
}

async fn attackers(server: &Target) -> Vec<SendRequest<ReqBody>> {
    join_all((0..CONNECTIONS).map(|_| open(server))).await
}

/// A connection of somebody else.
async fn other(server: &Target) -> Vec<SendRequest<ReqBody>> {
    vec![open(server).await]
}

/// Sends the same request many times on each connection at once; the answers in full.
async fn calls(
    attackers: &[SendRequest<ReqBody>],
    calls: usize,
    request: impl Fn() -> Request<ReqBody>,
) -> Vec<Response<Bytes>> {
    let each = attackers.iter().flat_map(|sender| {
        (0..calls).map(|_| {
            let (mut sender, request) = (sender.clone(), request());
            tokio::spawn(async move {
                sender.ready().await.unwrap();
                whole(sender.send_request(request).await.unwrap()).await
            })
        })
    });
    let answers = tokio::time::timeout(Duration::from_secs(60), join_all(each.collect::<Vec<_>>())).await;
    answers.expect("the server hangs").into_iter().map(Result::unwrap).collect()
}

async fn whole(response: Response<Incoming>) -> Response<Bytes> {
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    parts.headers.extend(body.trailers().cloned().unwrap_or_default());
    Response::from_parts(parts, body.to_bytes())
}

fn with(mut request: Request<ReqBody>, name: &'static str, value: &'static str) -> Request<ReqBody> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn is_refused(answers: &[Response<Bytes>]) {
    for answer in answers {
        let status = answer.headers().get("grpc-status").map(|status| status.to_str().unwrap());
        let told = String::from_utf8_lossy(answer.body());
        assert!(status == Some("8") || told.contains("resource_exhausted"), "{status:?} {told}");
    }
}

#[tokio::test]
async fn json_that_unpacks_to_a_million_rows_delays_nobody() {
    let rows = "{},".repeat(ROWS - 1);
    let bomb = compressed(&gzip(format!(r#"{{"origin":"o","rows":[{rows}{{}}]}}"#).as_bytes()));
    assert!(bomb.len() < 8 << 10);
    survives(nothing, async |server| {
        let bomb = || {
            let request = server.report("application/connect+json", full(&bomb));
            with(request, "connect-content-encoding", "gzip")
        };
        is_refused(&calls(&attackers(server).await, CALLS, bomb).await);
    })
    .await;
}

#[tokio::test]
async fn the_largest_json_of_empty_rows_delays_nobody() {
    // As many as a report may have bytes.
    let rows = "{},".repeat(65_000);
    let json = frame(format!(r#"{{"origin":"o","rows":[{rows}{{}}]}}"#).as_bytes());
    survives(nothing, async |server| {
        let json = || server.report("application/connect+json", full(&json));
        let answers = calls(&attackers(server).await, 5, json).await;
        assert!(answers.iter().all(|answer| !answer.body().is_empty()));
    })
    .await;
}

#[tokio::test]
async fn protobuf_that_unpacks_to_millions_of_rows_delays_nobody() {
    let bomb = compressed(&gzip(&[0x12, 0].repeat(2 << 20)));
    assert!(bomb.len() < 8 << 10);
    survives(nothing, async |server| {
        let bomb = || with(server.report("application/grpc", full(&bomb)), "grpc-encoding", "gzip");
        is_refused(&calls(&attackers(server).await, CALLS, bomb).await);
    })
    .await;
}

#[tokio::test]
async fn thousands_of_empty_gzip_members_delay_nobody() {
    // As much as a report may have, and the 4 MiB that no method takes.
    for bytes in [100 << 10, 4 << 20] {
        let member = gzip(b"");
        let bomb = compressed(&member.repeat(bytes / member.len()));
        survives(nothing, async |server| {
            let bomb = || with(server.report("application/grpc", full(&bomb)), "grpc-encoding", "gzip");
            is_refused(&calls(&attackers(server).await, 5, bomb).await);
        })
        .await;
    }
}

#[tokio::test]
async fn claims_of_large_messages_refuse_nobody_theirs() {
    survives(nothing, async |server| {
        let attackers = attackers(server).await;
        let claims: Vec<_> = attackers
            .iter()
            .flat_map(|sender| (0..CALLS).map(|_| sender.clone()))
            .map(|mut sender| {
                // 4 MiB, what a report may have, and less than the one that is sent below.
                for claim in [[0, 0, 0x40, 0, 0], [0, 0, 1, 0x90, 0], [0, 0, 0, 0x20, 0]] {
                    let claim = server.report("application/grpc", unending(&[&claim]));
                    drop(tokio::spawn(sender.send_request(claim)));
                }
                sender
            })
            .collect();
        let largest = AccessRow { service: "s".repeat(NAME_BYTES), ..AccessRow::default() };
        let rows = vec![largest; ROWS_PER_ORIGIN];
        let report = ReportAccessesRequest { origin: "o".into(), rows }.encode_to_vec();
        for _ in 0..10 {
            let report = || server.report("application/grpc", full(&frame(&report)));
            let refused = calls(&other(server).await, 1, report).await.remove(0);
            let message = refused.headers()["grpc-message"].to_str().unwrap();
            assert!(message.starts_with("rows[0].method"), "it is read: {message}");
        }
        drop(claims);
    })
    .await;
}

#[tokio::test]
async fn thousands_of_small_messages_delay_nobody() {
    survives(nothing, async |server| {
        let attackers = attackers(server).await;
        let many = || post(MANY, "application/grpc", chunked(&vec![&frame(&[8, 41])[..]; 6000]));
        // Nobody reads the answers of these.
        let unread: Vec<_> = attackers
            .iter()
            .flat_map(|sender| (0..2).map(|_| tokio::spawn(sender.clone().send_request(many()))))
            .collect();
        let unread = join_all(unread).await;
        assert!(calls(&attackers, 1, many).await.iter().all(|answer| answer.headers()["grpc-status"] == "0"));
        assert!(unread.iter().all(|answer| answer.as_ref().unwrap().is_ok()));
    })
    .await;
}

/// Fills the ledger with as many rows as may be told.
async fn fill(server: &Target) {
    let connection = other(server).await;
    for origin in 0..39 {
        let name = |index: usize| format!("{index:0>NAME_BYTES$}");
        let row =
            |index| AccessRow { service: name(origin), method: name(index), protocol: name(0), count: 1 };
        let rows = (0..ROWS_PER_ORIGIN).map(row).collect();
        let report = ReportAccessesRequest { origin: format!("o{origin}"), rows }.encode_to_vec();
        let report = || server.report("application/grpc", full(&frame(&report)));
        assert_eq!(calls(&connection, 1, report).await[0].headers()["grpc-status"], "0");
    }
}

#[tokio::test]
async fn lists_of_ten_thousand_rows_that_nobody_reads_are_one_list() {
    survives(fill, async |server| {
        let attackers = attackers(server).await;
        let list = || post(LIST, "application/grpc", full(&frame(&[])));
        let lists = attackers
            .iter()
            .flat_map(|sender| (0..CALLS).map(|_| tokio::spawn(sender.clone().send_request(list()))));
        let unread: Vec<_> = soon(join_all(lists.collect::<Vec<_>>())).await;
        assert!(unread.iter().all(|answer| answer.as_ref().unwrap().is_ok()));
    })
    .await;
}

#[tokio::test]
async fn watches_in_compressed_json_of_ten_thousand_rows_cost_one() {
    survives(fill, async |server| {
        let attackers = attackers(server).await;
        let watch = || {
            let request = post(WATCH, "application/connect+json", full(&frame(b"{}")));
            with(request, "connect-accept-encoding", "gzip")
        };
        let watches = attackers.iter().flat_map(|sender| {
            (0..CALLS).map(|_| {
                let (mut sender, request) = (sender.clone(), watch());
                tokio::spawn(async move {
                    let mut body = sender.send_request(request).await.unwrap().into_body();
                    // The first state begins, compressed.
                    assert_eq!(body.frame().await.unwrap().unwrap().data_ref().unwrap()[0], 1);
                    body
                })
            })
        });
        let watches = tokio::time::timeout(Duration::from_secs(60), join_all(watches.collect::<Vec<_>>()));
        assert!(watches.await.expect("the server hangs").iter().all(Result::is_ok));
    })
    .await;
}
