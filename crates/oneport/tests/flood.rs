//! Thousands of connections without calls, beside a client that is served meanwhile.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    fs,
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use common::{
    Connection, Wire,
    attack::{MEMORY_KIB, SLOWEST, memory_kib},
    contract::FORMAT,
    http2,
    process::{self, Program},
    soon,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};

const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// A stream over HTTP/1.1 without messages.
const STALLED: &[u8] = b"POST /test.v1.NumberService/AddOneToEach HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/connect+json\r\nConnect-Protocol-Version: 1\r\nContent-Length: 100\r\n\r\n";

/// Other programs may delay a call: one of so many attempts must pass.
const ATTEMPTS: usize = 10;

/// How many connections are opened between two calls.
const BATCH: usize = 10;

#[test]
#[ignore = "the server of the other tests"]
fn server_process() {
    process::serve();
}

/// Connects from an address of this machine, and sends these bytes.
async fn connect(from: [u8; 4], to: SocketAddr, data: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((IpAddr::from(from), 0).into()).unwrap();
    let mut stream = soon(socket.connect(to)).await.unwrap();
    match stream.write_all(data).await {
        Ok(()) => {}
        // It was closed for a newer one.
        Err(error) => assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)),
    }
    stream
}

/// Opens `size` connections that send these bytes and nothing more, and stay open. Meanwhile another client calls, on new
/// connections, as health probes do, and on one that stays open. Returns the time of its slowest call.
async fn slowest_beside(program: &Program, from: fn(usize) -> [u8; 4], size: usize, data: &[u8]) -> Duration {
    let mut connections = Vec::new();
    let mut steady = Connection::open(program.http, Wire::GrpcWebHttp2).await.unwrap();
    let mut slowest = Duration::ZERO;
    for index in 0..size {
        connections.push(connect(from(index), program.http, data).await);
        if index % BATCH == 0 {
            let begin = Instant::now();
            let mut probe = soon(Connection::open(program.http, Wire::Grpc)).await.unwrap();
            soon(probe.call(Wire::Grpc, HEALTH, &[])).await.expect("a probe has a response").unwrap();
            slowest = slowest.max(begin.elapsed());
            let begin = Instant::now();
            soon(steady.call(Wire::GrpcWebHttp2, FORMAT, &[8, 41])).await.expect("it stays open").unwrap();
            slowest = slowest.max(begin.elapsed());
        }
    }
    slowest
}

/// Asserts that the calls of another client are as fast as they must be beside so many connections.
async fn withstands(program: &Program, from: fn(usize) -> [u8; 4], size: usize, data: &[u8]) {
    let before = memory_kib(program.process.id(), "VmRSS");
    let mut slowest = Vec::new();
    for _ in 0..ATTEMPTS {
        let time = slowest_beside(program, from, size, data).await;
        let grown = memory_kib(program.process.id(), "VmRSS").saturating_sub(before);
        assert!(grown < MEMORY_KIB, "{grown} KiB for {size} connections");
        if time < SLOWEST {
            return;
        }
        slowest.push(time);
    }
    panic!("the slowest calls in {ATTEMPTS} attempts: {slowest:?}");
}

#[tokio::test]
async fn many_connections_of_one_address_do_not_lock_out_its_other_clients() {
    let program = Program::with_descriptors(4_000, 4_000);
    let called = [http2::PREFACE, &http2::call(1, FORMAT, &[8, 41])].concat();
    for data in [&b""[..], http2::PREFACE, &called, STALLED] {
        // The other client has the same address.
        withstands(&program, |_| [127, 0, 0, 1], 1_500, data).await;
    }
}

#[tokio::test]
async fn many_connections_of_many_addresses_do_not_lock_others_out() {
    let program = Program::with_descriptors(1_000, 1_000);
    let called = [http2::PREFACE, &http2::call(1, FORMAT, &[8, 41])].concat();
    for data in [&b""[..], &called, STALLED] {
        withstands(&program, |index| [127, 0, 1, (index % 200) as u8], 1_500, data).await;
    }
    let stderr = program.stderr();
    assert_eq!(stderr.matches("connections at most").count(), 1, "{stderr}");
}

#[tokio::test]
async fn connections_leave_descriptors_free() {
    let program = Program::with_descriptors(64, 64);
    withstands(&program, |_| [127, 0, 0, 1], 300, b"").await;
    let stderr = program.stderr();
    assert!(stderr.contains("64 files open") && stderr.contains("not 10000"), "{stderr}");
    assert!(!stderr.contains("cannot accept"), "{stderr}");
}

#[tokio::test]
async fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let program = Program::with_descriptors(64, 12_000);
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.process.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|column| line.split_whitespace().nth(column).unwrap());
    assert_eq!((soft, hard), ("12000", "12000"));
    let stderr = program.stderr();
    assert!(!stderr.contains("at most"), "{stderr}");
}
