//! The server when the disk of its ledger is full or fails.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use common::{
    Wire, full, post,
    program::{Connection, MessageStream, Program, counts},
    soon,
};
use increment_proto::v1::CountUpRequest;
use prost::Message;
use tempfile::TempDir;
use tonic::{Code, Status};
use tonic_health::pb::{HealthCheckResponse, health_check_response::ServingStatus};

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// The longest time until the program exits.
const LONGEST_END: Duration = Duration::from_secs(5);

/// Builds the library that makes a disk fail.
fn faults(folder: &Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults.c");
    let library = folder.join("faults.so");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(built.unwrap().success());
    library
}

/// A server, and the file that selects how its disk fails.
fn start(folder: &TempDir, options: &[&str]) -> (Program, PathBuf) {
    let (library, fault_file) = (faults(folder.path()), folder.path().join("faults"));
    let server = Program::start(folder.path(), options, &[("LD_PRELOAD", &library), ("FAULTS", &fault_file)]);
    (server, fault_file)
}

async fn call(server: &Program, wire: Wire, path: &str, message: &[u8]) -> Result<bytes::Bytes, Status> {
    let mut connection = soon(Connection::open(server.http, wire)).await.expect("the server is up");
    soon(connection.call(wire, path, message)).await.expect("the server is up")
}

async fn health(server: &Program) -> ServingStatus {
    let response = call(server, Wire::Grpc, HEALTH, &[]).await.unwrap();
    HealthCheckResponse::decode(response).unwrap().status()
}

/// The standard error of a server that has exited.
fn errors(server: &mut Program) -> String {
    let mut stderr = String::new();
    server.process.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    stderr
}

/// Sends a server SIGTERM. Returns its exit code.
fn terminate(server: &mut Program) -> Option<i32> {
    let pid = server.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    server.process.wait().unwrap().code()
}

fn total(counts: std::collections::BTreeMap<(String, String), u64>) -> u64 {
    counts.values().sum()
}

/// Waits for health checks to report this status.
async fn wait_for_health(server: &Program, status: ServingStatus) {
    let reported = async {
        while health(server).await != status {
            tokio::task::yield_now().await;
        }
    };
    soon(reported).await;
}

#[tokio::test]
async fn on_a_full_disk_calls_are_rejected_until_there_is_room() {
    for durability in ["--durability=strict", "--durability=relaxed"] {
        let folder = TempDir::new().unwrap();
        let (server, fault_file) = start(&folder, &["--log=off", durability]);
        let (mut served, mut rejected) = (0, 0);
        for _ in 0..3 {
            for wire in Wire::ALL {
                call(&server, wire, TEMPLATE, &[8, 41]).await.unwrap();
                served += 1;
            }
        }
        // All of it is written before the disk is full.
        assert_eq!(total(counts(server.http).await), served);
        fs::write(&fault_file, "full").unwrap();
        while rejected < 3 * Wire::ALL.len() {
            for wire in Wire::ALL {
                match call(&server, wire, TEMPLATE, &[8, 41]).await {
                    Ok(_) if durability.contains("relaxed") => served += 1,
                    Ok(_) => panic!("served without a commit"),
                    Err(status) => {
                        assert_eq!(status.code(), Code::Unavailable, "{wire:?}: {status}");
                        rejected += 1;
                    }
                }
            }
        }
        wait_for_health(&server, ServingStatus::NotServing).await;
        fs::remove_file(&fault_file).unwrap();
        wait_for_health(&server, ServingStatus::Serving).await;
        for wire in Wire::ALL {
            call(&server, wire, TEMPLATE, &[8, 41]).await.unwrap();
            served += 1;
        }
        assert_eq!(total(counts(server.http).await), served, "{durability}: nothing else, and nothing lost");
    }
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_and_the_server_ends() {
    for fault in ["broken", "no room"] {
        after_a_failed_sync(fault).await;
    }
}

async fn after_a_failed_sync(fault: &str) {
    let folder = TempDir::new().unwrap();
    let (mut server, fault_file) = start(&folder, &["--log=warn"]);
    call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.unwrap();
    fs::write(&fault_file, fault).unwrap();
    let begin = Instant::now();
    for wire in Wire::ALL {
        let status = call(&server, wire, TEMPLATE, &[8, 41]).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{wire:?}: {status}");
    }
    assert_eq!(health(&server).await, ServingStatus::NotServing);
    // The disk works again: too late.
    fs::remove_file(&fault_file).unwrap();
    assert_eq!(call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.unwrap_err().code(), Code::Unavailable);
    let status = server.process.wait().unwrap();
    assert!(begin.elapsed() < LONGEST_END, "it took {:?}", begin.elapsed());
    assert_eq!(status.code(), Some(1));
    let stderr = errors(&mut server);
    let last = stderr.lines().last().unwrap();
    assert!(last.starts_with("error: the ledger's disk failed"), "{stderr}");
    // It is not reported as full: that would suggest to free space, in vain.
    assert!(!stderr.contains("full") && !stderr.contains("until there is room"), "{stderr}");
    // The next server finds what was acknowledged.
    let server = Program::start(folder.path(), &["--log=off"], &[]);
    let total = total(counts(server.http).await);
    assert!((1..=2).contains(&total), "{total}");
}

#[tokio::test]
async fn after_a_failed_sync_an_open_stream_does_not_hold_up_the_end() {
    let folder = TempDir::new().unwrap();
    let (mut server, fault_file) = start(&folder, &["--log=off"]);
    // A value every hour, for ever.
    let count_up = CountUpRequest { start: 1, steps: 0, interval_ms: 3_600_000 }.encode_to_vec();
    let streams = [
        ("/increment.v1.AccessService/WatchAccessCounts", vec![]),
        ("/increment.v1.IncrementService/CountUp", count_up),
    ];
    let mut ends = Vec::new();
    for (path, message) in streams {
        let mut connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
        let response = soon(connection.begin(Wire::Grpc, path, &message)).await;
        let mut messages = MessageStream::new(response.unwrap());
        assert!(soon(messages.next()).await.is_some(), "{path}");
        ends.push((connection, messages));
    }
    fs::write(&fault_file, "broken").unwrap();
    assert!(call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.is_err());
    let begin = Instant::now();
    assert_eq!(server.process.wait().unwrap().code(), Some(1));
    assert!(begin.elapsed() < LONGEST_END, "it took {:?}", begin.elapsed());
    drop(ends);
}

#[tokio::test]
async fn what_could_not_be_written_at_the_end_makes_the_exit_code_1() {
    for fault in ["full", "broken"] {
        let folder = TempDir::new().unwrap();
        let (mut server, fault_file) = start(&folder, &["--log=off", "--durability=relaxed"]);
        // Reading has written all there was.
        assert_eq!(total(counts(server.http).await), 0);
        fs::write(&fault_file, fault).unwrap();
        call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.unwrap();
        assert_eq!(terminate(&mut server), Some(1), "{fault}");
        let stderr = errors(&mut server);
        assert!(stderr.starts_with("error: the ledger") && stderr.lines().count() == 1, "{fault}: {stderr}");
    }
}

#[tokio::test]
async fn what_could_be_written_at_the_end_makes_the_exit_code_0() {
    for durability in ["--durability=strict", "--durability=relaxed"] {
        let folder = TempDir::new().unwrap();
        let (mut server, _) = start(&folder, &["--log=off", durability]);
        call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.unwrap();
        assert_eq!(terminate(&mut server), Some(0));
        let server = Program::start(folder.path(), &["--log=off"], &[]);
        assert_eq!(total(counts(server.http).await), 1);
    }
}

#[tokio::test]
async fn a_deadline_covers_the_wait_for_a_slow_disk() {
    let folder = TempDir::new().unwrap();
    let (server, fault_file) = start(&folder, &["--log=off"]);
    fs::write(&fault_file, "slow").unwrap();
    for wire in Wire::ALL {
        let mut connection = soon(Connection::open(server.http, wire)).await.unwrap();
        for path in [TEMPLATE, "/increment.v1.IncrementService/CountUp"] {
            let response = soon(connection.call_with(wire, path, &[("grpc-timeout", "200m")], &[8, 41]))
                .await
                .expect("the server is up");
            assert_eq!(response.unwrap_err().code(), Code::DeadlineExceeded, "{wire:?} {path}");
        }
    }
    let mut connection = soon(Connection::open(server.http, Wire::GrpcWebHttp1)).await.unwrap();
    let mut request = post(TEMPLATE, "application/json", full(b"{}"));
    request.headers_mut().insert("connect-timeout-ms", "200".parse().unwrap());
    // Gateway Timeout, as Connect's protocol has it.
    assert_eq!(soon(connection.send(request)).await.unwrap().status(), 504);
    // The sync is still in progress: no call was served by it.
    fs::remove_file(&fault_file).unwrap();
    // Written with those that came before it: they came, and so they are counted.
    call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.unwrap();
    assert_eq!(total(counts(server.http).await), 2 * Wire::ALL.len() as u64 + 2);
}

#[test]
fn an_error_of_the_disk_at_the_start_is_not_called_damage() {
    let folder = TempDir::new().unwrap();
    drop(Program::start(folder.path(), &["--log=off"], &[]));
    let (library, fault_file) = (faults(folder.path()), folder.path().join("faults"));
    for fault in ["unreadable", "broken"] {
        fs::write(&fault_file, fault).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_increment-server"));
        command.current_dir(folder.path()).arg("--listen=127.0.0.1:0");
        let ended = command.env("LD_PRELOAD", &library).env("FAULTS", &fault_file).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        let stderr = String::from_utf8(ended.stderr).unwrap();
        let error = stderr.lines().last().unwrap();
        assert!(error.contains("data/ledger") && error.contains("Input/output error"), "{fault}: {stderr}");
        assert!(!stderr.contains("damaged") && !stderr.contains("away"), "{fault}: {stderr}");
    }
}

#[test]
fn a_second_server_on_the_same_ledger_is_rejected() {
    let folder = TempDir::new().unwrap();
    let _first = Program::start(folder.path(), &["--log=off"], &[]);
    let data = folder.path().join("data");
    // Whatever lies beside it.
    for entry in
        fs::read_dir(&data).unwrap().map(Result::unwrap).filter(|entry| entry.file_name() != "ledger")
    {
        fs::remove_file(entry.path()).unwrap();
    }
    let mut second = Command::new(env!("CARGO_BIN_EXE_increment-server"));
    let ended = second.current_dir(folder.path()).arg("--listen=127.0.0.1:0").output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("in use by another program"), "{stderr}");
}
