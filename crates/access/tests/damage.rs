//! Files that were changed behind the ledger's back: the right total or a refusal, never a wrong number.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{fs, ops::Range, sync::Arc, thread};

use increment_access::{Counts, Disk, Durability, Ledger, OpenError, Protocol};
use tempfile::TempDir;

use sim::{SimDisk, call, options};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const THREADS: usize = 2;
/// Where the database begins in the file.
const DATABASE: usize = 4096 + (256 << 10);
const ONE_IN: usize = 11;

/// A ledger of a few calls, as a killed server leaves it and as one that ended does; and what is in it.
async fn ledgers() -> ([Vec<u8>; 2], Counts) {
    let disk = Arc::new(SimDisk::default());
    let ledger = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap();
    let counter = ledger.counter();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Grpc, Protocol::GrpcWebText] {
        assert!(call(&counter, INCREMENT, protocol).await);
    }
    let (counts, killed) = (ledger.read().await.unwrap(), disk.bytes());
    ledger.close().await;
    ([killed, disk.bytes()], counts)
}

/// What a ledger of these bytes tells; none when it is refused, and then it was left as it was.
fn open(bytes: Vec<u8>) -> Option<Counts> {
    let disk = Arc::new(SimDisk::of(bytes.clone()));
    match Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)) {
        Ok(ledger) => Some(
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(ledger.read()).unwrap(),
        ),
        Err(OpenError::Damaged { .. } | OpenError::Foreign { .. }) => {
            assert_eq!(disk.bytes(), bytes, "a refused file was written to");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Opens a changed file for each place; how many were read, and how many refused.
fn open_all(places: &[usize], right: &Counts, change: impl Fn(usize) -> Vec<u8> + Sync) -> (usize, usize) {
    let some = |places: &[usize]| {
        let opened = places.iter().map(|&place| match open(change(place)) {
            Some(counts) => {
                assert_eq!(counts, *right, "changed at {place}");
                (1, 0)
            }
            None => (0, 1),
        });
        opened.fold((0, 0), |(read, refused), one| (read + one.0, refused + one.1))
    };
    thread::scope(|scope| {
        let parts = places.chunks(places.len().div_ceil(THREADS));
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || some(part))).collect();
        let opened = threads.into_iter().map(|thread| thread.join().unwrap());
        opened.fold((0, 0), |(read, refused), some| (read + some.0, refused + some.1))
    })
}

/// Every byte of the headers, and of the others that say something one in so many, other ones for each salt. The
/// environment variable `INCREMENT_EVERY_BYTE` asks for all; that takes minutes.
fn telling(bytes: &[u8], salt: usize) -> Vec<usize> {
    let all = std::env::var_os("INCREMENT_EVERY_BYTE").is_some();
    let is_header = |place: usize| place < 24 || (DATABASE..DATABASE + 320).contains(&place);
    let telling = (0..bytes.len()).filter(|&place| bytes[place] != 0 || place % 4093 == 0);
    telling.filter(|&place| all || is_header(place) || place % ONE_IN == salt).collect()
}

#[tokio::test]
async fn a_flipped_byte_gives_the_right_total_or_a_refusal() {
    let (files, right) = ledgers().await;
    for bytes in files {
        for (salt, flip) in [0x01, 0x80, 0xff].into_iter().enumerate() {
            let places = telling(&bytes, salt);
            let (read, refused) = open_all(&places, &right, |place| {
                let mut bytes = bytes.clone();
                bytes[place] ^= flip;
                bytes
            });
            assert!(read > 100 && refused > 10, "{read} read, {refused} refused");
        }
    }
}

#[tokio::test]
async fn a_cut_file_gives_the_right_total_or_a_refusal() {
    let (files, right) = ledgers().await;
    for bytes in files {
        let near = |edge: usize| -> Range<usize> { edge.saturating_sub(1)..edge + 2 };
        let places: Vec<_> = (0..bytes.len())
            .step_by(2048)
            .flat_map(near)
            .filter(|cut| (1..bytes.len()).contains(cut))
            .collect();
        let (_, refused) = open_all(&places, &right, |place| bytes[..place].to_vec());
        assert!(refused > 100, "{refused} refused");
    }
}

#[tokio::test]
async fn a_log_that_lacks_a_record_between_others_is_refused() {
    let ([killed, _], right) = ledgers().await;
    let records: Vec<_> =
        (4096..DATABASE).step_by(64).filter(|&place| killed[place..].starts_with(b"incr")).collect();
    let calls = usize::try_from(right.total).unwrap();
    assert_eq!(records.len(), 2 * calls, "each call a record, and each record twice");
    let without = |sequence: usize| {
        let mut bytes = killed.clone();
        for &place in &records[2 * sequence..2 * sequence + 2] {
            bytes[place..place + 4].fill(0);
        }
        // It has a runtime of its own.
        thread::spawn(|| open(bytes)).join().unwrap()
    };
    for sequence in 0..calls - 1 {
        assert_eq!(without(sequence), None, "without record {sequence}");
    }
    // Without the last one it looks like one that was never finished.
    assert_eq!(without(calls - 1).unwrap().total, right.total - 1);
}

fn refusal(folder: &TempDir) -> String {
    Ledger::open(folder.path(), options(Durability::Strict)).unwrap_err().to_string()
}

#[tokio::test]
async fn a_foreign_file_is_named_and_left_alone() {
    for content in [&b""[..], b"SQLite format 3\0 and so on", &[0; 100_000]] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("ledger");
        fs::write(&path, content).unwrap();
        let told = refusal(&folder);
        assert!(told.contains(path.to_str().unwrap()) && told.contains("no ledger"), "{told}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_with_both_versions() {
    let folder = TempDir::new().unwrap();
    drop(Ledger::open(folder.path(), options(Durability::Strict)).unwrap());
    let path = folder.path().join("ledger");
    let mut bytes = fs::read(&path).unwrap();
    bytes[16..20].copy_from_slice(&7_u32.to_le_bytes());
    let sum = crc32fast::hash(&bytes[..20]);
    bytes[20..24].copy_from_slice(&sum.to_le_bytes());
    fs::write(&path, &bytes).unwrap();
    let told = refusal(&folder);
    assert!(told.contains("format 7") && told.contains("up to 2"), "{told}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let path = folder.path().join("file/data");
    let told = Ledger::open(&path, options(Durability::Strict)).unwrap_err().to_string();
    assert!(told.contains(path.to_str().unwrap()), "{told}");
}

#[test]
fn an_empty_disk_becomes_a_ledger() {
    let disk = Arc::new(SimDisk::default());
    drop(Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap());
    assert!(!disk.is_empty().unwrap());
    assert!(open(disk.bytes()).is_some());
}
