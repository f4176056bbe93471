//! The lock of the ledger: a second one on the same file is rejected until the first is closed.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{fs, path::Path, sync::Barrier, thread};

use increment_access::{Durability, Ledger, OpenError, Protocol, State};
use tempfile::TempDir;

use sim::{call, count, options};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

fn open(folder: &Path) -> Result<Ledger, OpenError> {
    Ledger::open(folder, options(Durability::Strict))
}

#[test]
fn a_ledger_in_use_is_rejected_whatever_the_other_files() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path()).unwrap();
    for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        if entry.file_name() != "ledger" {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains(folder.path().to_str().unwrap()) && error.contains("another program"), "{error}");
    drop(ledger);
    drop(open(folder.path()).unwrap());
}

#[test]
fn a_hard_link_to_a_ledger_in_use_is_rejected() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let _ledger = open(folder.path()).unwrap();
    fs::hard_link(folder.path().join("ledger"), other.path().join("ledger")).unwrap();
    assert!(matches!(open(other.path()), Err(OpenError::InUse { .. })));
}

#[tokio::test]
async fn a_closed_ledger_can_be_opened_again_while_old_handles_exist() {
    let folder = TempDir::new().unwrap();
    let first = open(folder.path()).unwrap();
    assert!(call(&first, INCREMENT, Protocol::Grpc).await);
    assert_eq!(first.close().await, State::Closed);
    let second = open(folder.path()).unwrap();
    assert!(!call(&first, INCREMENT, Protocol::Grpc).await);
    assert!(call(&second, INCREMENT, Protocol::Grpc).await);
    assert_eq!(count(&second, "Increment", "grpc").await, 2);
    drop(first);
    assert!(call(&second, INCREMENT, Protocol::Grpc).await);
}

#[test]
fn of_many_concurrent_opens_of_a_new_ledger_one_succeeds() {
    const CONCURRENT: usize = 8;
    for _ in 0..20 {
        let folder = TempDir::new().unwrap();
        let begin = Barrier::new(CONCURRENT);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let open = || {
                begin.wait();
                open(folder.path())
            };
            let threads: Vec<_> = (0..CONCURRENT).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (opened, rejected): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(opened.len(), 1, "{opened:?} {rejected:?}");
        assert!(rejected.iter().all(|error| matches!(error, Err(OpenError::InUse { .. }))), "{rejected:?}");
        assert!(!folder.path().join("ledger.new").exists());
    }
}
