//! Responses that their peer does not read: they cost little memory, the connection ends, and nobody else notices.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use common::{
    ReqBody, Server, Setup, Wire,
    attack::{MEMORY_KIB, SLOWEST, memory_kib},
    frame, full, get, post,
    program::{Connection, LIST, Program},
    send, soon,
};
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use increment_access::{Durability, Ledger, Name, Options, Report, Row};
use increment_server::counted_methods;
use oneport::Limits;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    task::{JoinHandle, JoinSet},
};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";

/// As many calls as HTTP/2 lets one connection have at once.
const CALLS: usize = 200;

/// How many rows the largest table has, and those of one report.
const ROWS: usize = 10_000;
const ROWS_PER_REPORT: usize = 250;

/// How often an attack is tried until it costs no more.
const TRIES: usize = 5;

/// Fills the table of accesses: a list of it takes 2 MB.
async fn fill(ledger: &Ledger) {
    let name = |text: String| Name::parse(&text).unwrap();
    for origin in 0..ROWS / ROWS_PER_REPORT {
        let rows = (0..ROWS_PER_REPORT).map(|row| {
            let service = name(format!("{:x<100}{origin}", "service"));
            let row =
                Row { service, method: name(format!("{:y<80}{row}", "m")), protocol: name("grpc".into()) };
            (row, 1)
        });
        let report = Report { origin: name(format!("origin-{origin}")), rows: rows.collect() };
        ledger.report(report).await.unwrap();
    }
}

/// A folder whose ledger is full.
async fn full_ledger() -> TempDir {
    let folder = TempDir::new().unwrap();
    let options = Options::new(counted_methods().unwrap(), Durability::Strict);
    let ledger = Ledger::open(folder.path().join("data"), options).unwrap();
    fill(&ledger).await;
    ledger.close().await;
    folder
}

/// A connection whose client stops reading from its socket when it is told to.
struct Deaf {
    stream: TcpStream,
    is_deaf: Arc<AtomicBool>,
}

impl AsyncRead for Deaf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_deaf.load(SeqCst) {
            Poll::Pending
        } else {
            Pin::new(&mut self.stream).poll_read(context, buffer)
        }
    }
}

impl AsyncWrite for Deaf {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// An HTTP/2 connection in clear text with flow-control windows of this size, and what ends with it.
async fn http2(
    address: SocketAddr,
    window: u32,
) -> (http2::SendRequest<ReqBody>, Arc<AtomicBool>, JoinHandle<()>) {
    let is_deaf = Arc::new(AtomicBool::new(false));
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let io = Deaf { stream, is_deaf: Arc::clone(&is_deaf) };
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(window).initial_connection_window_size(window.max(65_535));
    let (mut sender, connection) = builder.handshake(TokioIo::new(io)).await.unwrap();
    let ended = tokio::spawn(async move { drop(connection.await) });
    // The settings of both sides are known once a call is answered.
    sender.ready().await.unwrap();
    (sender, is_deaf, ended)
}

/// Begins calls of this method, all at once, and reads nothing of their responses.
fn begin_calls(
    sender: &http2::SendRequest<ReqBody>,
    request: impl Fn() -> Request<ReqBody>,
) -> JoinSet<Option<Response<Incoming>>> {
    (0..CALLS)
        .map(|_| {
            let (mut sender, request) = (sender.clone(), request());
            async move {
                sender.ready().await.ok()?;
                sender.send_request(request).await.ok()
            }
        })
        .collect()
}

fn list() -> Request<ReqBody> {
    post(LIST, "application/grpc", full(&frame(&[])))
}

fn list_as_json() -> Request<ReqBody> {
    post(LIST, "application/json", full(b"{}"))
}

/// Counts up for ever, as fast as it is read.
fn count_up() -> Request<ReqBody> {
    post(COUNT_UP, "application/grpc", full(&frame(&[])))
}

/// The slowest of many calls by a client beside an attack, and the most memory that the server had meanwhile.
async fn calls_beside(server: &Program) -> (Duration, u64) {
    let (mut slowest, mut most) = (Duration::ZERO, 0);
    let mut connection = Connection::open(server.http, Wire::Grpc).await.unwrap();
    for _ in 0..100 {
        let begin = Instant::now();
        soon(connection.call(Wire::Grpc, INCREMENT, &[8, 41])).await.unwrap().unwrap();
        slowest = slowest.max(begin.elapsed());
        most = most.max(memory_kib(server.process.id(), "VmRSS"));
    }
    (slowest, most)
}

/// Begins calls whose responses nobody reads; the slowest call of another client beside them, and by how much memory the
/// server grew.
async fn attack(folder: &TempDir, request: fn() -> Request<ReqBody>, window: u32) -> (Duration, u64) {
    let server = Program::start(folder.path(), &["--data=data"], &[]);
    // What every first call costs is paid before.
    calls_beside(&server).await;
    let (sender, is_deaf, _connection) = http2(server.http, window).await;
    let before = memory_kib(server.process.id(), "VmRSS");
    is_deaf.store(window == LARGE, SeqCst);
    let _unread = begin_calls(&sender, request);
    let (slowest, most) = calls_beside(&server).await;
    (slowest, most.saturating_sub(before))
}

/// The windows of a client that lets HTTP/2 hold its responses back, and of one that leaves it to TCP.
const SMALL: u32 = 1000;
const LARGE: u32 = 1 << 30;

#[tokio::test]
async fn two_hundred_unread_responses_cost_little_and_disturb_nobody() {
    let folder = full_ledger().await;
    let list = ("list", list as fn() -> _);
    for (name, request) in [list, ("list as JSON", list_as_json), ("count up", count_up)] {
        for window in [SMALL, LARGE] {
            let mut costs = Vec::new();
            // A busy machine has the good client wait, too.
            while !costs.iter().any(|&(slowest, grown)| slowest < SLOWEST && grown < MEMORY_KIB) {
                assert!(costs.len() < TRIES, "{name}, window {window}: {costs:?}");
                costs.push(attack(&folder, request, window).await);
            }
        }
    }
}

async fn with_limits(limits: Limits) -> Server {
    Server::with(Setup { limits, metrics: true, ..Setup::default() }).await
}

/// Waits until the server has no connection in clear text.
async fn has_no_connection(server: &Server) {
    soon(async {
        loop {
            let stream = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
            let metrics = send(Version::HTTP_11, stream, get("/metrics")).await.into_body();
            let text = String::from_utf8(metrics.to_vec()).unwrap();
            if text.contains("oneport_connections{kind=\"plaintext\"} 0\n") {
                return;
            }
        }
    })
    .await;
}

const LIST_OVER_HTTP_1: &[u8] =
    b"POST /increment.v1.AccessService/ListAccessCounts HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/grpc-web\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0";

const STALL: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_peer_that_takes_nothing_loses_its_connection() {
    let server = with_limits(Limits { response_stall: STALL, ..Limits::default() }).await;
    fill(&server.ledger).await;
    // HTTP/2, held back by flow control: of large responses, of streams, and of small ones that get no byte at all.
    let increment = || post(INCREMENT, "application/grpc", full(&frame(&[8, 41])));
    for (request, window) in [(list as fn() -> _, 1000), (count_up, 1000), (increment, 0)] {
        let (sender, _, ended) = http2(server.http, window).await;
        let calls = begin_calls(&sender, request);
        soon(ended).await.unwrap();
        drop(calls);
    }
    // Held back by TCP: HTTP/2 without flow control, and HTTP/1.1.
    let (mut sender, is_deaf, _connection) = http2(server.http, 1 << 30).await;
    soon(sender.send_request(increment())).await.unwrap();
    is_deaf.store(true, SeqCst);
    let calls = begin_calls(&sender, list);
    has_no_connection(&server).await;
    drop(calls);
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    // More than the system takes in its buffers.
    for _ in 0..10 {
        stream.write_all(LIST_OVER_HTTP_1).await.unwrap();
    }
    stream.readable().await.unwrap();
    has_no_connection(&server).await;
}

#[tokio::test]
async fn a_peer_that_reads_slowly_keeps_its_connection() {
    let server = with_limits(Limits { response_stall: STALL, ..Limits::default() }).await;
    fill(&server.ledger).await;
    let (mut sender, _, _connection) = http2(server.http, 16_384).await;
    let mut body = soon(sender.send_request(list())).await.unwrap().into_body();
    let mut pace = tokio::time::interval(STALL / 30);
    let (begin, mut read) = (Instant::now(), 0);
    while let Some(frame) = soon(body.frame()).await {
        read += frame.unwrap().data_ref().map_or(0, Bytes::len);
        pace.tick().await;
    }
    assert!(read > 1 << 20, "{read}");
    assert!(begin.elapsed() > STALL, "it was read too fast to tell");
}

#[tokio::test]
async fn calls_wait_while_their_connection_reads_too_little() {
    let limits = Limits { connection_response_bytes: 1 << 20, ..Limits::default() };
    let server = with_limits(limits).await;
    fill(&server.ledger).await;
    let (mut sender, _, _connection) = http2(server.http, 16_384).await;
    let unread = soon(sender.send_request(list())).await.unwrap();
    let next = tokio::spawn(sender.send_request(list()));
    // Others are served meanwhile, on connections of their own.
    for _ in 0..100 {
        soon(server.call(Wire::Grpc, INCREMENT, &[8, 41])).await.unwrap();
    }
    assert!(!next.is_finished());
    assert!(unread.into_body().collect().await.unwrap().to_bytes().len() > 1 << 20);
    let next = soon(next).await.unwrap().unwrap();
    assert!(next.into_body().collect().await.unwrap().to_bytes().len() > 1 << 20);
}

#[tokio::test]
async fn where_all_hold_too_much_the_slowest_reader_is_closed() {
    let server = with_limits(Limits { response_bytes: 5 << 20, ..Limits::default() }).await;
    fill(&server.ledger).await;
    let mut unread = Vec::new();
    for _ in 0..3 {
        // Each list is another one, and 2 MB.
        soon(server.call(Wire::Grpc, INCREMENT, &[8, 41])).await.unwrap();
        let (mut sender, _, ended) = http2(server.http, 16_384).await;
        let response = soon(sender.send_request(list())).await.unwrap();
        unread.push((sender, response, ended));
    }
    let [first, second, third] = unread.try_into().ok().unwrap();
    soon(first.2).await.unwrap();
    for (_sender, response, _ended) in [second, third] {
        assert!(response.into_body().collect().await.unwrap().to_bytes().len() > 1 << 20);
    }
}
