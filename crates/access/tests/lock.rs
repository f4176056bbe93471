//! One ledger for one file: whoever comes second is refused, until the first is closed.

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
fn a_ledger_in_use_is_refused_whatever_lies_beside_it() {
    let folder = TempDir::new().unwrap();
    let ledger = open(folder.path()).unwrap();
    for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        if entry.file_name() != "ledger" {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let told = open(folder.path()).unwrap_err().to_string();
    assert!(told.contains(folder.path().to_str().unwrap()) && told.contains("another program"), "{told}");
    drop(ledger);
    drop(open(folder.path()).unwrap());
}

#[test]
fn another_name_of_the_same_ledger_is_refused() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let _ledger = open(folder.path()).unwrap();
    fs::hard_link(folder.path().join("ledger"), other.path().join("ledger")).unwrap();
    assert!(matches!(open(other.path()), Err(OpenError::InUse { .. })));
}

#[tokio::test]
async fn a_closed_ledger_may_be_opened_again_beside_its_handles() {
    let folder = TempDir::new().unwrap();
    let first = open(folder.path()).unwrap();
    let counter = first.counter();
    assert!(call(&counter, INCREMENT, Protocol::Grpc).await);
    assert_eq!(first.close().await, State::Closed);
    let second = open(folder.path()).unwrap();
    assert!(counter.count(INCREMENT, Protocol::Grpc).is_err());
    assert!(call(&second.counter(), INCREMENT, Protocol::Grpc).await);
    assert_eq!(count(&second, "Increment", "grpc").await, 2);
    drop(first);
    assert!(call(&second.counter(), INCREMENT, Protocol::Grpc).await);
}

#[test]
fn of_many_that_make_a_ledger_at_once_one_gets_it() {
    const AT_ONCE: usize = 8;
    for _ in 0..20 {
        let folder = TempDir::new().unwrap();
        let begin = Barrier::new(AT_ONCE);
        let opened: Vec<_> = thread::scope(|scope| {
            let open = || {
                begin.wait();
                open(folder.path())
            };
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (got, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
        assert_eq!(got.len(), 1, "{got:?} {refused:?}");
        assert!(refused.iter().all(|refused| matches!(refused, Err(OpenError::InUse { .. }))), "{refused:?}");
        assert!(!folder.path().join("ledger.new").exists());
    }
}
