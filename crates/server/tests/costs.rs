//! Attacks on the largest lists and watches: beside each, the calls of another client are fast, and the server takes little
//! memory.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    fs,
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
    frame, full, post,
    program::{Connection, LIST, Program},
    soon,
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
const REPORT: &str = "/increment.v1.AccessService/ReportAccesses";
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

/// How many calls the other client makes at least.
const OTHER_CALLS: usize = 20;
/// How often an attack is tried: other programs may delay a call.
const TRIES: usize = 3;
/// The connections of an attacker, so many that each worker has some.
const CONNECTIONS: usize = 4;
/// How many calls an attacker has in flight on each.
const CALLS: usize = 50;

/// Calls in a thread of its own until `stop` is set; the time of the slowest call.
fn other_client(address: SocketAddr, stop: Arc<AtomicBool>) -> JoinHandle<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    thread::spawn(move || {
        runtime.block_on(async {
            let mut connection = soon(Connection::open(address, Wire::Grpc)).await.unwrap();
            let message = IncrementRequest { number: 5681 }.encode_to_vec();
            let (mut slowest, mut calls) = (Duration::ZERO, 0);
            while calls < OTHER_CALLS || !stop.load(Ordering::Relaxed) {
                let begin = Instant::now();
                soon(connection.call(Wire::Grpc, INCREMENT, &message)).await.unwrap().unwrap();
                slowest = slowest.max(begin.elapsed());
                calls += 1;
            }
            slowest
        })
    })
}

/// A server, and the `authorization` header of reports.
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

/// Runs the attack on a server of its own, until the calls of another client are fast enough meanwhile.
async fn survives(prepare: impl AsyncFn(&Target), attack: impl AsyncFn(&Target)) {
    static ONE_BY_ONE: Mutex<()> = Mutex::const_new(());
    let _alone = ONE_BY_ONE.lock().await;
    let mut costs = Vec::new();
    for _ in 0..TRIES {
        let folder = TempDir::new().unwrap();
        // Without waiting for the disk.
        let server = Program::start(folder.path(), &["--log=error", "--durability=relaxed"], &[]);
        let token = fs::read_to_string(folder.path().join("certs/report.token")).unwrap_or_default();
        let server = Target { server, authorization: format!("Bearer {}", token.trim()) };
        prepare(&server).await;
        let before = memory_kib(server.server.process.id(), "VmRSS");
        let stop = Arc::new(AtomicBool::new(false));
        let other = other_client(server.server.http, Arc::clone(&stop));
        attack(&server).await;
        stop.store(true, Ordering::Relaxed);
        let slowest = other.join().unwrap();
        let grown = memory_kib(server.server.process.id(), "VmHWM").saturating_sub(before);
        costs.push((slowest, format!("{} MiB", grown >> 10)));
        if slowest < SLOWEST && grown < MEMORY_KIB {
            return;
        }
    }
    panic!("the slowest call of the other client, and the memory of the attack: {costs:?}");
}

async fn open(server: &Target) -> SendRequest<ReqBody> {
    match soon(Connection::open(server.server.http, Wire::Grpc)).await.unwrap() {
        Connection::Http2(sender) => sender,
        Connection::Http1(_) => panic!("gRPC needs HTTP/2"),
    }
}

async fn attackers(server: &Target) -> Vec<SendRequest<ReqBody>> {
    join_all((0..CONNECTIONS).map(|_| open(server))).await
}

/// A connection of another client.
async fn other(server: &Target) -> Vec<SendRequest<ReqBody>> {
    vec![open(server).await]
}

/// Sends the same request many times on each connection at once; the complete responses.
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
    let responses = tokio::time::timeout(Duration::from_secs(60), join_all(each.collect::<Vec<_>>())).await;
    responses.expect("the server hangs").into_iter().map(Result::unwrap).collect()
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

/// Fills the ledger up to the limit of rows in a list.
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
async fn unread_lists_of_ten_thousand_rows_share_one_message() {
    survives(fill, async |server| {
        let attackers = attackers(server).await;
        let list = || post(LIST, "application/grpc", full(&frame(&[])));
        let lists = attackers
            .iter()
            .flat_map(|sender| (0..CALLS).map(|_| tokio::spawn(sender.clone().send_request(list()))));
        let unread: Vec<_> = soon(join_all(lists.collect::<Vec<_>>())).await;
        assert!(unread.iter().all(|response| response.as_ref().unwrap().is_ok()));
    })
    .await;
}

#[tokio::test]
async fn watches_in_compressed_json_of_ten_thousand_rows_share_one_message() {
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
                    // The first message arrives, compressed.
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
