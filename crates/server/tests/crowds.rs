//! Crowds of connections that want nothing but places, each beside a client that is served all the while.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read},
    net::{IpAddr, SocketAddr},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use common::{
    Wire,
    attack::{MEMORY_KIB, SLOWEST, memory_kib},
    http2,
    program::Connection,
    soon,
};
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};

const HEALTH: &str = "/grpc.health.v1.Health/Check";
const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";

/// A stream over HTTP/1.1 whose messages do not come.
const HANGING: &[u8] = b"POST /increment.v1.IncrementService/IncrementMany HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/connect+json\r\nConnect-Protocol-Version: 1\r\nContent-Length: 100\r\n\r\n";

/// Other programs on the machine may be what a call waits for: one of so many crowds has to pass without.
const ATTEMPTS: usize = 10;

/// How many of a crowd come between two calls.
const AT_ONCE: usize = 10;

/// A server that may have so many descriptors open, from the start (soft) and at most (hard).
struct Program {
    process: Child,
    http: SocketAddr,
    _folder: TempDir,
}

impl Program {
    fn start(soft: usize, hard: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let shell = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command
            .args(["-c", &shell, env!("CARGO_BIN_EXE_increment-server")])
            .args(["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0"])
            .current_dir(folder.path());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with("listening http://")).expect("it listens");
        Self { process, http: line.rsplit("//").next().unwrap().parse().unwrap(), _folder: folder }
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).unwrap()
    }

    fn memory_kib(&self) -> u64 {
        memory_kib(self.process.id(), "VmRSS")
    }

    /// What it said on standard error; ends it.
    fn said(mut self) -> String {
        self.process.kill().unwrap();
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Connects from an address of this machine, and sends these bytes.
async fn connect(from: [u8; 4], to: SocketAddr, begin: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((IpAddr::from(from), 0).into()).unwrap();
    let mut stream = soon(socket.connect(to)).await.unwrap();
    match stream.write_all(begin).await {
        Ok(()) => {}
        // It had to go for a newer one before.
        Err(error) => assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)),
    }
    stream
}

/// Lets a crowd in: `size` connections that send these bytes and nothing more, and hold on. As it grows a good client makes
/// calls, one on a connection of its own, as health probes do, and one on a connection that goes on. Returns how long
/// the slowest took.
async fn slowest_beside(
    program: &Program,
    from: fn(usize) -> [u8; 4],
    size: usize,
    begin: &[u8],
) -> Duration {
    let mut crowd = Vec::new();
    let mut steady = Connection::open(program.http, Wire::GrpcWebHttp2).await.unwrap();
    let mut slowest = Duration::ZERO;
    for index in 0..size {
        crowd.push(connect(from(index), program.http, begin).await);
        if index % AT_ONCE == 0 {
            let begin = Instant::now();
            let mut probe = soon(Connection::open(program.http, Wire::Grpc)).await.unwrap();
            soon(probe.call(Wire::Grpc, HEALTH, &[])).await.expect("a probe is answered").unwrap();
            slowest = slowest.max(begin.elapsed());
            let begin = Instant::now();
            soon(steady.call(Wire::GrpcWebHttp2, TEMPLATE, &[8, 41])).await.expect("it goes on").unwrap();
            slowest = slowest.max(begin.elapsed());
        }
    }
    slowest
}

/// Lets crowds in until a good client is served as fast as it must be beside one of them.
async fn withstands(program: &Program, from: fn(usize) -> [u8; 4], size: usize, begin: &[u8]) {
    let before = program.memory_kib();
    let mut slowest = Vec::new();
    for _ in 0..ATTEMPTS {
        let time = slowest_beside(program, from, size, begin).await;
        let grown = program.memory_kib().saturating_sub(before);
        assert!(grown < MEMORY_KIB, "{grown} KiB for {size} connections");
        if time < SLOWEST {
            return;
        }
        slowest.push(time);
    }
    panic!("the slowest calls beside {ATTEMPTS} crowds: {slowest:?}");
}

#[tokio::test]
async fn a_crowd_of_one_address_does_not_keep_others_of_it_out() {
    let program = Program::start(4_000, 4_000);
    let called = [http2::BEGIN, &http2::call(1, TEMPLATE, &[8, 41])].concat();
    for begin in [&b""[..], http2::BEGIN, &called, HANGING] {
        // The good client comes from there too.
        withstands(&program, |_| [127, 0, 0, 1], 1_500, begin).await;
    }
}

#[tokio::test]
async fn a_crowd_of_many_addresses_does_not_keep_others_out() {
    let program = Program::start(1_000, 1_000);
    let called = [http2::BEGIN, &http2::call(1, TEMPLATE, &[8, 41])].concat();
    for begin in [&b""[..], &called, HANGING] {
        withstands(&program, |index| [127, 0, 1, (index % 200) as u8], 1_500, begin).await;
    }
    let said = program.said();
    assert_eq!(said.matches("connections at most").count(), 1, "{said}");
}

#[tokio::test]
async fn connections_leave_descriptors_for_the_rest() {
    let program = Program::start(64, 64);
    withstands(&program, |_| [127, 0, 0, 1], 300, b"").await;
    let said = program.said();
    assert!(said.contains("64 files open") && said.contains("not 10000"), "{said}");
    assert!(!said.contains("cannot accept"), "{said}");
}

#[tokio::test]
async fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let program = Program::start(64, 12_000);
    let limits = program.proc("limits");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let [soft, hard] = [3, 4].map(|column| line.split_whitespace().nth(column).unwrap());
    assert_eq!((soft, hard), ("12000", "12000"));
    let said = program.said();
    assert!(!said.contains("at most"), "{said}");
}
