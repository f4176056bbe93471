//! What the server does when the disk under its ledger is full or fails.

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
    Wire,
    program::{Connection, Program, counts},
    soon,
};
use prost::Message;
use tempfile::TempDir;
use tonic::{Code, Status};
use tonic_health::pb::{HealthCheckResponse, health_check_response::ServingStatus};

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// How long the program may take to end, as promised.
const LONGEST_END: Duration = Duration::from_secs(5);

/// Builds what makes a disk fail.
fn faults(folder: &Path) -> PathBuf {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults.c");
    let library = folder.join("faults.so");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(built.unwrap().success());
    library
}

/// A server, and the file that says how its disk fails.
fn start(folder: &TempDir, options: &[&str]) -> (Program, PathBuf) {
    let (library, told) = (faults(folder.path()), folder.path().join("faults"));
    let server = Program::start(folder.path(), options, &[("LD_PRELOAD", &library), ("FAULTS", &told)]);
    (server, told)
}

async fn call(server: &Program, wire: Wire, path: &str, message: &[u8]) -> Result<bytes::Bytes, Status> {
    let mut connection = soon(Connection::open(server.http, wire)).await.expect("the server is up");
    soon(connection.call(wire, path, message)).await.expect("the server is up")
}

async fn health(server: &Program) -> ServingStatus {
    let answer = call(server, Wire::Grpc, HEALTH, &[]).await.unwrap();
    HealthCheckResponse::decode(answer).unwrap().status()
}

fn total(counts: std::collections::BTreeMap<(String, String), u64>) -> u64 {
    counts.values().sum()
}

#[tokio::test]
async fn on_a_full_disk_calls_are_refused_until_there_is_room() {
    for durability in ["--durability=strict", "--durability=relaxed"] {
        let folder = TempDir::new().unwrap();
        let (server, told) = start(&folder, &["--log=off", durability]);
        let (mut answered, mut refused) = (0, 0);
        for _ in 0..3 {
            for wire in Wire::ALL {
                call(&server, wire, TEMPLATE, &[8, 41]).await.unwrap();
                answered += 1;
            }
        }
        // All of it is written before the disk is full.
        assert_eq!(total(counts(server.http).await), answered);
        fs::write(&told, "full").unwrap();
        while refused < 3 * Wire::ALL.len() {
            for wire in Wire::ALL {
                match call(&server, wire, TEMPLATE, &[8, 41]).await {
                    Ok(_) if durability.contains("relaxed") => answered += 1,
                    Ok(_) => panic!("answered without a record"),
                    Err(status) => {
                        assert_eq!(status.code(), Code::Unavailable, "{wire:?}: {status}");
                        refused += 1;
                    }
                }
            }
        }
        assert_eq!(health(&server).await, ServingStatus::NotServing);
        fs::remove_file(&told).unwrap();
        let room = async {
            while health(&server).await != ServingStatus::Serving {
                tokio::task::yield_now().await;
            }
        };
        soon(room).await;
        for wire in Wire::ALL {
            call(&server, wire, TEMPLATE, &[8, 41]).await.unwrap();
            answered += 1;
        }
        assert_eq!(
            total(counts(server.http).await),
            answered,
            "{durability}: nothing else, and nothing lost"
        );
    }
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_and_the_server_ends() {
    let folder = TempDir::new().unwrap();
    let (mut server, told) = start(&folder, &["--log=off"]);
    call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.unwrap();
    fs::write(&told, "broken").unwrap();
    let begin = Instant::now();
    for wire in Wire::ALL {
        let status = call(&server, wire, TEMPLATE, &[8, 41]).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{wire:?}: {status}");
    }
    assert_eq!(health(&server).await, ServingStatus::NotServing);
    // The disk works again: too late.
    fs::remove_file(&told).unwrap();
    assert_eq!(call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.unwrap_err().code(), Code::Unavailable);
    let status = server.process.wait().unwrap();
    assert!(begin.elapsed() < LONGEST_END, "it took {:?}", begin.elapsed());
    assert_eq!(status.code(), Some(1));
    let mut line = String::new();
    server.process.stderr.take().unwrap().read_to_string(&mut line).unwrap();
    assert!(line.starts_with("error: the ledger's disk failed") && line.lines().count() == 1, "{line}");
    // The next server finds what was acknowledged.
    let server = Program::start(folder.path(), &["--log=off"], &[]);
    let total = total(counts(server.http).await);
    assert!((1..=2).contains(&total), "{total}");
}

#[tokio::test]
async fn after_a_failed_sync_an_open_stream_does_not_hold_up_the_end() {
    let folder = TempDir::new().unwrap();
    let (mut server, told) = start(&folder, &["--log=off"]);
    let mut connection = soon(Connection::open(server.http, Wire::Grpc)).await.unwrap();
    let watch = tokio::spawn(async move {
        connection.call(Wire::Grpc, "/increment.v1.AccessService/WatchAccessCounts", &[]).await
    });
    fs::write(&told, "broken").unwrap();
    assert!(call(&server, Wire::Grpc, TEMPLATE, &[8, 41]).await.is_err());
    let begin = Instant::now();
    assert_eq!(server.process.wait().unwrap().code(), Some(1));
    assert!(begin.elapsed() < LONGEST_END, "it took {:?}", begin.elapsed());
    drop(soon(watch).await);
}
