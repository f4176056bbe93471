//! Files that were changed by something other than the ledger: the right total or an error, never a wrong number.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{fs, ops::Range, sync::Arc, thread};

use increment_access::{Counts, Durability, Ledger, OpenError, Protocol, Storage};
use tempfile::TempDir;

use sim::{SimDisk, call, options};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const THREADS: usize = 2;
/// The bytes of the committed total in the file.
const COMMITTED: Range<usize> = 4096..4096 + 12;
/// The offset of the database in the file.
const DATABASE: usize = 8192;
const ONE_IN: usize = 11;

/// The files of a ledger of a few calls, after a kill and after a close; and its counts.
async fn ledgers() -> ([Vec<u8>; 2], Arc<Counts>) {
    let disk = Arc::new(SimDisk::default());
    let ledger = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Grpc, Protocol::GrpcWebText] {
        assert!(call(&ledger, INCREMENT, protocol).await);
    }
    let (counts, killed) = (ledger.read().await.unwrap(), disk.bytes());
    ledger.close().await;
    ([killed, disk.bytes()], counts)
}

/// Reads the counts of a file; none when it is rejected, which must not change it.
fn open(bytes: Vec<u8>) -> Option<Arc<Counts>> {
    let disk = Arc::new(SimDisk::with(bytes.clone()));
    match Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)) {
        Ok(ledger) => Some(
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(ledger.read()).unwrap(),
        ),
        Err(OpenError::Damaged { .. } | OpenError::Foreign { .. }) => {
            assert_eq!(disk.bytes(), bytes, "a rejected file was written to");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Opens a changed file for each offset; how many were read, and how many rejected.
fn open_all(
    offsets: &[usize],
    right: &Arc<Counts>,
    change: impl Fn(usize) -> Vec<u8> + Sync,
) -> (usize, usize) {
    let some = |offsets: &[usize]| {
        let opened = offsets.iter().map(|&offset| match open(change(offset)) {
            Some(counts) => {
                assert_eq!(counts, *right, "changed at {offset}");
                (1, 0)
            }
            None => (0, 1),
        });
        opened.fold((0, 0), |(read, rejected), one| (read + one.0, rejected + one.1))
    };
    thread::scope(|scope| {
        let parts = offsets.chunks(offsets.len().div_ceil(THREADS));
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || some(part))).collect();
        let opened = threads.into_iter().map(|thread| thread.join().unwrap());
        opened.fold((0, 0), |(read, rejected), some| (read + some.0, rejected + some.1))
    })
}

/// The offsets to change: all of the headers, and one in [`ONE_IN`] of the others that are not empty, different ones for
/// each salt. With the environment variable `INCREMENT_EVERY_BYTE` all of them, which takes minutes.
fn offsets(bytes: &[u8], salt: usize) -> Vec<usize> {
    let all = std::env::var_os("INCREMENT_EVERY_BYTE").is_some();
    let is_header = |offset: usize| {
        offset < 24 || COMMITTED.contains(&offset) || (DATABASE..DATABASE + 320).contains(&offset)
    };
    let used = (0..bytes.len()).filter(|&offset| bytes[offset] != 0 || offset % 4093 == 0);
    used.filter(|&offset| all || is_header(offset) || offset % ONE_IN == salt).collect()
}

#[tokio::test]
async fn a_flipped_byte_gives_the_right_total_or_an_error() {
    let (files, right) = ledgers().await;
    for bytes in files {
        for (salt, flip) in [0x01, 0x80, 0xff].into_iter().enumerate() {
            let offsets = offsets(&bytes, salt);
            let (read, rejected) = open_all(&offsets, &right, |offset| {
                let mut bytes = bytes.clone();
                bytes[offset] ^= flip;
                bytes
            });
            assert!(read > 100 && rejected > 10, "{read} read, {rejected} rejected");
        }
    }
}

#[tokio::test]
async fn a_truncated_file_gives_the_right_total_or_an_error() {
    let (files, right) = ledgers().await;
    for bytes in files {
        let near = |edge: usize| -> Range<usize> { edge.saturating_sub(1)..edge + 2 };
        let offsets: Vec<_> = (0..bytes.len())
            .step_by(2048)
            .flat_map(near)
            .filter(|cut| (1..bytes.len()).contains(cut))
            .collect();
        let (_, rejected) = open_all(&offsets, &right, |offset| bytes[..offset].to_vec());
        assert!(rejected > 100, "{rejected} rejected");
    }
}

#[tokio::test]
async fn a_database_older_than_the_committed_total_is_rejected() {
    let disk = Arc::new(SimDisk::default());
    let ledger = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap();
    for _ in 0..2 {
        assert!(call(&ledger, INCREMENT, Protocol::Grpc).await);
    }
    let before = disk.bytes();
    assert!(call(&ledger, INCREMENT, Protocol::Grpc).await);
    let after = disk.bytes();
    let with_committed = |total: &[u8]| {
        let mut bytes = before.clone();
        bytes[COMMITTED].copy_from_slice(&total[COMMITTED]);
        // It has a runtime of its own.
        thread::spawn(|| open(bytes)).join().unwrap()
    };
    assert_eq!(with_committed(&after), None);
    assert_eq!(with_committed(&before).unwrap().total, 2);
    // A total that a crash has torn says nothing.
    let mut torn = after;
    torn[COMMITTED.start] ^= 1;
    assert_eq!(with_committed(&torn).unwrap().total, 2);
}

fn open_error(folder: &TempDir) -> String {
    Ledger::open(folder.path(), options(Durability::Strict)).unwrap_err().to_string()
}

#[tokio::test]
async fn a_foreign_file_is_named_and_not_changed() {
    for content in [&b""[..], b"SQLite format 3\0 and so on", &[0; 100_000]] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("ledger");
        fs::write(&path, content).unwrap();
        let error = open_error(&folder);
        assert!(error.contains(path.to_str().unwrap()) && error.contains("not a ledger"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_newer_file_is_rejected_with_both_versions() {
    let folder = TempDir::new().unwrap();
    drop(Ledger::open(folder.path(), options(Durability::Strict)).unwrap());
    let path = folder.path().join("ledger");
    let mut bytes = fs::read(&path).unwrap();
    bytes[16..20].copy_from_slice(&7_u32.to_le_bytes());
    let sum = crc32fast::hash(&bytes[..20]);
    bytes[20..24].copy_from_slice(&sum.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let error = open_error(&folder);
    assert!(error.contains("format 7") && error.contains("up to 3"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_folder_that_cannot_be_created_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().join("file/data");
    let error = Ledger::open(&path, options(Durability::Strict)).unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn an_empty_disk_becomes_a_ledger() {
    let disk = Arc::new(SimDisk::default());
    drop(Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap());
    assert!(!disk.is_empty().unwrap());
    assert!(open(disk.bytes()).is_some());
}
