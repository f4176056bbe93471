//! Responses that are not read: they take little memory, their connection is closed, and no other client is delayed.

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
    Connection, ReqBody, Server, Setup, Wire,
    attack::{MEMORY_KIB, SLOWEST, memory_kib},
    contract::{ADD_ONE, COUNT_UP, LIST_ROWS, proto::v1::ListRowsRequest},
    frame, full, get, post,
    process::{self, Program},
    send, soon,
};
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oneport::Limits;
use prost::Message;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
    task::{JoinHandle, JoinSet},
};

/// The streams of one HTTP/2 connection.
const CALLS: usize = 200;

/// The rows of a list of 2 MB.
const ROWS: u32 = 10_000;

/// How often an attack is tried: other programs may delay a call.
const TRIES: usize = 5;

#[test]
#[ignore = "the server of the other tests"]
fn server_process() {
    process::serve();
}

/// A connection whose client stops reading from its socket on demand.
struct Unread {
    stream: TcpStream,
    stops_reading: Arc<AtomicBool>,
}

impl AsyncRead for Unread {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stops_reading.load(SeqCst) {
            Poll::Pending
        } else {
            Pin::new(&mut self.stream).poll_read(context, buffer)
        }
    }
}

impl AsyncWrite for Unread {
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

/// An HTTP/2 connection without TLS with flow-control windows of this size, and the task that ends with it.
async fn http2(
    address: SocketAddr,
    window: u32,
) -> (http2::SendRequest<ReqBody>, Arc<AtomicBool>, JoinHandle<()>) {
    let stops_reading = Arc::new(AtomicBool::new(false));
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let io = Unread { stream, stops_reading: Arc::clone(&stops_reading) };
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(window).initial_connection_window_size(window.max(65_535));
    let (mut sender, connection) = builder.handshake(TokioIo::new(io)).await.unwrap();
    let ended = tokio::spawn(async move { drop(connection.await) });
    // A response arrives after the settings of both sides.
    sender.ready().await.unwrap();
    (sender, stops_reading, ended)
}

/// Starts calls of this method and reads nothing of their responses.
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
    list_of(ROWS)
}

fn list_of(rows: u32) -> Request<ReqBody> {
    post(LIST_ROWS, "application/grpc", full(&frame(&ListRowsRequest { rows }.encode_to_vec())))
}

fn list_as_json() -> Request<ReqBody> {
    post(LIST_ROWS, "application/json", full(format!(r#"{{"rows":{ROWS}}}"#).as_bytes()))
}

/// Counts up without end, as fast as it is read.
fn count_up() -> Request<ReqBody> {
    post(COUNT_UP, "application/grpc", full(&frame(&[])))
}

/// The time of the slowest call of another client, and the largest memory of the server meanwhile.
async fn calls_beside(server: &Program) -> (Duration, u64) {
    let (mut slowest, mut most) = (Duration::ZERO, 0);
    let mut connection = Connection::open(server.http, Wire::Grpc).await.unwrap();
    for _ in 0..100 {
        let begin = Instant::now();
        soon(connection.call(Wire::Grpc, ADD_ONE, &[8, 41])).await.unwrap().unwrap();
        slowest = slowest.max(begin.elapsed());
        most = most.max(memory_kib(server.process.id(), "VmRSS"));
    }
    (slowest, most)
}

/// Starts calls whose responses are not read; the time of the slowest call of another client, and the growth of the
/// server's memory in KiB.
async fn attack(request: fn() -> Request<ReqBody>, window: u32) -> (Duration, u64) {
    let server = Program::start();
    // The first calls take longer, and the first list is encoded.
    let mut connection = Connection::open(server.http, Wire::Grpc).await.unwrap();
    soon(connection.call(Wire::Grpc, LIST_ROWS, &ListRowsRequest { rows: ROWS }.encode_to_vec()))
        .await
        .unwrap()
        .unwrap();
    calls_beside(&server).await;
    let (sender, stops_reading, _connection) = http2(server.http, window).await;
    let before = memory_kib(server.process.id(), "VmRSS");
    stops_reading.store(window == LARGE, SeqCst);
    let _unread = begin_calls(&sender, request);
    let (slowest, most) = calls_beside(&server).await;
    (slowest, most.saturating_sub(before))
}

/// Windows of clients whose responses are held back by HTTP/2, and by TCP.
const SMALL: u32 = 1000;
const LARGE: u32 = 1 << 30;

#[tokio::test]
async fn unread_responses_take_little_memory_and_delay_no_other_client() {
    let list = ("list", list as fn() -> _);
    for (name, request) in [list, ("list as JSON", list_as_json), ("count up", count_up)] {
        for window in [SMALL, LARGE] {
            let mut costs = Vec::new();
            while !costs.iter().any(|&(slowest, grown)| slowest < SLOWEST && grown < MEMORY_KIB) {
                assert!(costs.len() < TRIES, "{name}, window {window}: {costs:?}");
                costs.push(attack(request, window).await);
            }
        }
    }
}

async fn with_limits(limits: Limits) -> Server {
    Server::with(Setup { limits, metrics: true, ..Setup::default() }).await
}

/// Waits until the server has no connection without TLS.
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

/// `ListRows` of 10,000 rows.
const LIST_OVER_HTTP_1: &[u8] = b"POST /test.v1.RowService/ListRows HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/grpc-web\r\nContent-Length: 8\r\n\r\n\0\0\0\0\x03\x08\x90\x4e";

const STALL: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_connection_whose_responses_are_not_read_is_closed() {
    let server = with_limits(Limits { response_stall: STALL, ..Limits::default() }).await;
    // Held back by HTTP/2: large responses, streams, and small ones without a byte.
    let add_one = || post(ADD_ONE, "application/grpc", full(&frame(&[8, 41])));
    for (request, window) in [(list as fn() -> _, 1000), (count_up, 1000), (add_one, 0)] {
        let (sender, _, ended) = http2(server.http, window).await;
        let calls = begin_calls(&sender, request);
        soon(ended).await.unwrap();
        drop(calls);
    }
    // Held back by TCP: HTTP/2 with a large window, and HTTP/1.1.
    let (mut sender, stops_reading, _connection) = http2(server.http, 1 << 30).await;
    soon(sender.send_request(add_one())).await.unwrap();
    stops_reading.store(true, SeqCst);
    let calls = begin_calls(&sender, list);
    has_no_connection(&server).await;
    drop(calls);
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    // More than the buffers of the sockets.
    for _ in 0..10 {
        stream.write_all(LIST_OVER_HTTP_1).await.unwrap();
    }
    stream.readable().await.unwrap();
    has_no_connection(&server).await;
}

#[tokio::test]
async fn a_connection_whose_responses_are_read_slowly_stays_open() {
    let server = with_limits(Limits { response_stall: STALL, ..Limits::default() }).await;
    let (mut sender, _, _connection) = http2(server.http, 16_384).await;
    let mut body = soon(sender.send_request(list())).await.unwrap().into_body();
    let mut pace = tokio::time::interval(STALL / 30);
    let (begin, mut read) = (Instant::now(), 0);
    while let Some(frame) = soon(body.frame()).await {
        read += frame.unwrap().data_ref().map_or(0, Bytes::len);
        pace.tick().await;
    }
    assert!(read > 1 << 20, "{read}");
    assert!(begin.elapsed() > STALL, "it was read too fast");
}

#[tokio::test]
async fn calls_wait_while_their_connection_has_too_many_unread_bytes() {
    let limits = Limits { connection_response_bytes: 1 << 20, ..Limits::default() };
    let server = with_limits(limits).await;
    let (mut sender, _, _connection) = http2(server.http, 16_384).await;
    let unread = soon(sender.send_request(list())).await.unwrap();
    let next = tokio::spawn(sender.send_request(list()));
    // Other connections are served meanwhile.
    for _ in 0..100 {
        soon(server.call(Wire::Grpc, ADD_ONE, &[8, 41])).await.unwrap();
    }
    assert!(!next.is_finished());
    assert!(unread.into_body().collect().await.unwrap().to_bytes().len() > 1 << 20);
    let next = soon(next).await.unwrap().unwrap();
    assert!(next.into_body().collect().await.unwrap().to_bytes().len() > 1 << 20);
}

#[tokio::test]
async fn at_the_limit_of_unread_bytes_the_slowest_connection_is_closed() {
    let server = with_limits(Limits { response_bytes: 5 << 20, ..Limits::default() }).await;
    let mut unread = Vec::new();
    for index in 0..3 {
        // Lists of 2 MB that share no message.
        let (mut sender, _, ended) = http2(server.http, 16_384).await;
        let response = soon(sender.send_request(list_of(ROWS + index))).await.unwrap();
        unread.push((sender, response, ended));
    }
    let [first, second, third] = unread.try_into().ok().unwrap();
    soon(first.2).await.unwrap();
    for (_sender, response, _ended) in [second, third] {
        assert!(response.into_body().collect().await.unwrap().to_bytes().len() > 1 << 20);
    }
}
