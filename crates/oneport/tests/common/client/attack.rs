//! Attacks on a server in a process of its own: what they may cost, and what they cost.

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
use futures_util::future::join_all;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, client::conn::http2::SendRequest};

use super::{body::ReqBody, connection::Connection, request::soon, wire::Wire};

/// How many calls the other client makes at least.
const OTHER_CALLS: usize = 20;
/// The connections of an attacker, so many that each worker has some.
const CONNECTIONS: usize = 4;

/// The slowest call of another client during an attack.
pub const SLOWEST: Duration = Duration::from_millis(250);

/// The growth of the server's memory, in KiB.
pub const MEMORY_KIB: u64 = 64 << 10;

/// A figure of a process's memory, such as `VmRSS` or `VmHWM`, in KiB.
pub fn memory_kib(process: u32, figure: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Runs an attack; the time of the slowest call of another client meanwhile, and the growth of the process's memory, in KiB.
/// The other client calls the method at `path` with an empty message.
pub async fn cost(
    process: u32,
    address: SocketAddr,
    path: &'static str,
    attack: impl Future<Output = ()>,
) -> (Duration, u64) {
    let before = memory_kib(process, "VmRSS");
    let stop = Arc::new(AtomicBool::new(false));
    let other = other_client(address, path, Arc::clone(&stop));
    attack.await;
    stop.store(true, Ordering::Relaxed);
    let slowest = other.join().unwrap();
    (slowest, memory_kib(process, "VmHWM").saturating_sub(before))
}

/// Calls in a thread of its own until `stop` is set; the time of the slowest call.
fn other_client(address: SocketAddr, path: &'static str, stop: Arc<AtomicBool>) -> JoinHandle<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    thread::spawn(move || {
        runtime.block_on(async {
            let mut connection = soon(Connection::open(address, Wire::Grpc)).await.unwrap();
            let (mut slowest, mut calls) = (Duration::ZERO, 0);
            while calls < OTHER_CALLS || !stop.load(Ordering::Relaxed) {
                let start = Instant::now();
                soon(connection.call(Wire::Grpc, path, &[])).await.unwrap().unwrap();
                slowest = slowest.max(start.elapsed());
                calls += 1;
            }
            slowest
        })
    })
}

/// An HTTP/2 connection.
pub async fn open(address: SocketAddr) -> SendRequest<ReqBody> {
    match soon(Connection::open(address, Wire::Grpc)).await.unwrap() {
        Connection::Http2(sender) => sender,
        Connection::Http1(_) => panic!("gRPC needs HTTP/2"),
    }
}

/// The connections of an attacker.
pub async fn attackers(address: SocketAddr) -> Vec<SendRequest<ReqBody>> {
    join_all((0..CONNECTIONS).map(|_| open(address))).await
}

/// Sends the same request many times on each connection at once; the complete responses.
pub async fn calls(
    connections: &[SendRequest<ReqBody>],
    calls: usize,
    request: impl Fn() -> Request<ReqBody>,
) -> Vec<Response<Bytes>> {
    let each = connections.iter().flat_map(|sender| {
        (0..calls).map(|_| {
            let (mut sender, request) = (sender.clone(), request());
            tokio::spawn(async move {
                sender.ready().await.unwrap();
                complete(sender.send_request(request).await.unwrap()).await
            })
        })
    });
    let responses = tokio::time::timeout(Duration::from_secs(60), join_all(each.collect::<Vec<_>>())).await;
    responses.expect("the server hangs").into_iter().map(Result::unwrap).collect()
}

async fn complete(response: Response<Incoming>) -> Response<Bytes> {
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await.unwrap();
    parts.headers.extend(body.trailers().cloned().unwrap_or_default());
    Response::from_parts(parts, body.to_bytes())
}
