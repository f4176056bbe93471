//! The ledger by itself: what it keeps, when, and what it does when it cannot.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{
    fs,
    io::{ErrorKind, Read},
    sync::Arc,
    time::Duration,
};

use flate2::read::GzDecoder;
use increment_access::{
    Durability, Ledger, NAME_BYTES, Name, NotKept, OpenError, Protocol, ROWS_PER_ORIGIN, Refusal, Report,
    ReportError, Row, State, WATCH_INTERVAL,
};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};

use sim::{SimDisk, Trouble, call, count, options};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const BOTH: [Durability; 2] = [Durability::Strict, Durability::Relaxed];

fn on(disk: &Arc<SimDisk>, durability: Durability) -> Ledger {
    Ledger::open_on(Arc::clone(disk) as _, options(durability)).unwrap()
}

fn row(service: &str, method: &str) -> Row {
    let name = |text: &str| Name::parse(text).unwrap();
    Row { service: name(service), method: name(method), protocol: name("grpc") }
}

fn report(origin: &str, rows: &[(Row, u64)]) -> Report {
    Report { origin: Name::parse(origin).unwrap(), rows: rows.to_vec() }
}

/// What a test waits for at most; then the ledger hangs.
async fn soon<T>(outcome: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), outcome).await.expect("the ledger hangs")
}

#[tokio::test]
async fn counts_survive_a_restart() {
    for durability in BOTH {
        let folder = TempDir::new().unwrap();
        for life in 1..=3 {
            let ledger = Ledger::open(folder.path(), options(durability)).unwrap();
            let counter = ledger.counter();
            for _ in 0..10 {
                assert!(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
            }
            assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 10 * life, "{durability:?}");
        }
    }
}

#[tokio::test]
async fn a_relaxed_count_is_written_when_the_ledger_is_dropped() {
    let folder = TempDir::new().unwrap();
    let ledger = Ledger::open(folder.path(), options(Durability::Relaxed)).unwrap();
    assert!(call(&ledger.counter(), INCREMENT, Protocol::Grpc).await);
    drop(ledger);
    let ledger = Ledger::open(folder.path(), options(Durability::Relaxed)).unwrap();
    assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 1);
}

#[tokio::test]
async fn a_strict_answer_leaves_after_a_sync_and_a_relaxed_one_before() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    let before = disk.syncs();
    let kept = ledger.counter().count(INCREMENT, Protocol::Grpc).unwrap().expect("a wait");
    soon(kept).await.unwrap();
    assert!(disk.syncs() > before);
    assert!(
        on(&Arc::default(), Durability::Relaxed)
            .counter()
            .count(INCREMENT, Protocol::Grpc)
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn calls_that_wait_together_share_a_sync() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    let counter = ledger.counter();
    counter.rest();
    let before = disk.syncs();
    let kept: Vec<_> =
        (0..1000).map(|_| counter.count(INCREMENT, Protocol::Grpc).unwrap().unwrap()).collect();
    counter.rest();
    for kept in kept {
        soon(kept).await.unwrap();
    }
    assert!(disk.syncs() - before < 100, "{} syncs", disk.syncs() - before);
    assert_eq!(count(&ledger, "Increment", "grpc").await, 1000);
}

#[tokio::test]
async fn a_runtime_that_never_rests_is_not_kept_waiting() {
    let ledger = on(&Arc::default(), Durability::Strict);
    let counter = ledger.counter();
    counter.rest();
    let first = tokio::spawn(counter.count(INCREMENT, Protocol::Grpc).unwrap().unwrap());
    // Nothing but further calls.
    soon(async {
        while !first.is_finished() {
            let _ = counter.count(INCREMENT, Protocol::Grpc).unwrap();
            tokio::task::yield_now().await;
        }
    })
    .await;
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn nobody_can_grow_the_table_with_calls() {
    let ledger = on(&Arc::default(), Durability::Relaxed);
    let counter = ledger.counter();
    for index in 0..1000 {
        for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::GrpcWebText] {
            assert!(call(&counter, &format!("/no.such.Service/Method{index}"), protocol).await);
        }
    }
    let counts = soon(ledger.read()).await.unwrap();
    let name = Name::parse("unknown").unwrap();
    let unknown = Row { service: name.clone(), method: name.clone(), protocol: name };
    assert_eq!(counts.rows, [(unknown, 3000)]);
}

#[tokio::test]
async fn a_full_disk_refuses_calls_until_there_is_room() {
    for durability in BOTH {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            let disk = Arc::new(SimDisk::default());
            let ledger = on(&disk, durability);
            let (counter, mut state) = (ledger.counter(), ledger.state());
            assert!(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
            soon(ledger.read()).await.unwrap();
            disk.set_trouble(Some((Trouble::Write, kind)));
            // Relaxed, it is answered and may not be lost; strict, it is refused and may not be counted.
            let answered = u64::from(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
            assert_eq!(answered, u64::from(durability == Durability::Relaxed));
            soon(state.wait_for(|state| *state == State::Full)).await.unwrap();
            assert_eq!(counter.count(INCREMENT, Protocol::Grpc).unwrap_err(), NotKept::Full);
            let refused = soon(ledger.report(report("other", &[(row("a", "b"), 1)]))).await;
            assert_eq!(refused, Err(ReportError::NotKept(NotKept::Full)));
            disk.set_trouble(None);
            soon(state.wait_for(|state| *state == State::Open)).await.unwrap();
            assert!(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
            assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 2 + answered, "{durability:?}");
            ledger.close().await;
            let again = on(&disk, durability);
            assert_eq!(soon(count(&again, "Increment", "grpc")).await, 2 + answered, "{durability:?}");
        }
    }
}

#[tokio::test]
async fn a_sync_that_failed_is_never_tried_again() {
    for (durability, kind) in
        [(Durability::Strict, ErrorKind::Other), (Durability::Relaxed, ErrorKind::StorageFull)]
    {
        let disk = Arc::new(SimDisk::default());
        let ledger = on(&disk, durability);
        let (counter, mut state) = (ledger.counter(), ledger.state());
        let before = disk.syncs();
        disk.set_trouble(Some((Trouble::Sync, kind)));
        let is_answered = soon(call(&counter, INCREMENT, Protocol::Grpc)).await;
        assert_eq!(is_answered, durability == Durability::Relaxed);
        soon(state.wait_for(|state| matches!(state, State::Failed(_)))).await.unwrap();
        disk.set_trouble(None);
        assert_eq!(counter.count(INCREMENT, Protocol::Grpc).unwrap_err(), NotKept::Ended);
        let refused = soon(ledger.report(report("other", &[(row("a", "b"), 1)]))).await;
        assert_eq!(refused, Err(ReportError::NotKept(NotKept::Ended)));
        assert!(matches!(soon(ledger.close()).await, State::Failed(_)));
        drop(ledger);
        assert_eq!(disk.syncs(), before, "it was synced again");
    }
}

#[tokio::test]
async fn any_other_failure_of_the_disk_ends_the_ledger() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    disk.set_trouble(Some((Trouble::Write, ErrorKind::Other)));
    assert!(!soon(call(&ledger.counter(), INCREMENT, Protocol::Grpc)).await);
    soon(ledger.state().wait_for(|state| matches!(state, State::Failed(_)))).await.unwrap();
}

#[tokio::test]
async fn closing_says_whether_answered_calls_are_missing() {
    for durability in BOTH {
        let disk = Arc::new(SimDisk::default());
        let ledger = on(&disk, durability);
        let counter = ledger.counter();
        assert!(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
        soon(ledger.read()).await.unwrap();
        disk.set_trouble(Some((Trouble::Write, ErrorKind::StorageFull)));
        let is_answered = soon(call(&counter, INCREMENT, Protocol::Grpc)).await;
        match (is_answered, soon(ledger.close()).await) {
            (true, State::Failed(reason)) => assert!(reason.contains("1 answered calls"), "{reason}"),
            (false, State::Closed) => {}
            closed => panic!("{durability:?}: {closed:?}"),
        }
        disk.set_trouble(None);
        assert_eq!(soon(count(&on(&disk, durability), "Increment", "grpc")).await, 1);
    }
}

#[tokio::test]
async fn closing_on_a_disk_that_fails_says_so() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Relaxed);
    assert!(soon(call(&ledger.counter(), INCREMENT, Protocol::Grpc)).await);
    disk.set_trouble(Some((Trouble::Sync, ErrorKind::StorageFull)));
    assert!(matches!(soon(ledger.close()).await, State::Failed(_)));
}

#[tokio::test]
async fn reports_in_any_order_and_number_give_the_largest_totals() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    let totals = [3, 1, 7, 7, 2];
    for total in totals {
        let rows = [(row("a", "b"), total), (row("a", "c"), 2 * total), (row("a", "c"), total)];
        soon(ledger.report(report("one", &rows))).await.unwrap();
    }
    soon(ledger.report(report("two", &[(row("a", "b"), 10)]))).await.unwrap();
    for _ in 0..2 {
        let counts = soon(ledger.read()).await.unwrap();
        assert_eq!((counts.total, counts.rows), (31, vec![(row("a", "b"), 17), (row("a", "c"), 14)]));
    }
    ledger.close().await;
    let counts = soon(on(&disk, Durability::Strict).read()).await.unwrap();
    assert_eq!(counts.total, 31);
}

#[tokio::test]
async fn a_report_of_the_longest_names_is_kept() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    let long = |index: usize| format!("{index:0>NAME_BYTES$}");
    let rows: Vec<_> = (0..ROWS_PER_ORIGIN).map(|index| (row(&long(index), &long(index)), 1)).collect();
    soon(ledger.report(report(&long(0), &rows))).await.unwrap();
    let bytes = disk.bytes();
    drop(ledger);
    // As a killed server leaves it, and as one that ended.
    for disk in [Arc::new(SimDisk::of(bytes)), disk] {
        let counts = soon(on(&disk, Durability::Strict).read()).await.unwrap();
        assert_eq!(counts.rows.len(), ROWS_PER_ORIGIN);
    }
}

#[tokio::test]
async fn a_watcher_gets_the_state_at_once_and_then_changes() {
    let ledger = on(&Arc::default(), Durability::Strict);
    let counter = ledger.counter();
    assert!(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
    let mut watch = ledger.watch();
    assert_eq!(soon(watch.next()).await.unwrap().total, 1);
    for total in 2..5 {
        assert!(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
        assert_eq!(soon(watch.next()).await.unwrap().total, total);
    }
    ledger.end_watches();
    assert!(soon(watch.next()).await.is_none());
    assert!(soon(ledger.watch().next()).await.is_none());
}

#[tokio::test]
async fn a_watcher_gets_at_most_ten_states_a_second_and_always_the_last() {
    let ledger = on(&Arc::default(), Durability::Strict);
    let (counter, mut watch) = (ledger.counter(), ledger.watch());
    let begin = Instant::now();
    let calls = 2000;
    let calling = tokio::spawn(async move {
        for _ in 0..calls {
            assert!(call(&counter, INCREMENT, Protocol::Grpc).await);
        }
    });
    let (mut states, mut last) = (0, 0);
    while last < calls {
        let counts = soon(watch.next()).await.unwrap();
        assert!(counts.total > last || last == 0, "{} after {last}", counts.total);
        (states, last) = (states + 1, counts.total);
    }
    calling.await.unwrap();
    // The first at once, the next with the first change, and the last one after the last change.
    let most = 3 + begin.elapsed().as_millis() / WATCH_INTERVAL.as_millis();
    assert!(states <= most, "{states} states in {:?}", begin.elapsed());
}

#[tokio::test]
async fn a_slow_watcher_gets_the_newest_state_next() {
    let ledger = on(&Arc::default(), Durability::Strict);
    let (counter, mut slow, mut quick) = (ledger.counter(), ledger.watch(), ledger.watch());
    assert_eq!(soon(slow.next()).await.unwrap().total, 0);
    for _ in 0..50 {
        assert!(soon(call(&counter, INCREMENT, Protocol::Grpc)).await);
    }
    while soon(quick.next()).await.unwrap().total < 50 {}
    assert_eq!(soon(slow.next()).await.unwrap().total, 50);
}

fn write_old(folder: &TempDir, old: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(old).read_to_end(&mut bytes).unwrap();
    fs::write(folder.path().join("ledger"), &bytes).unwrap();
    bytes
}

/// A ledger as format 2 had it first: of a server that ended, with 3 calls of its own, a report of 39, and one of 5 of an
/// origin that was folded.
#[tokio::test]
async fn a_ledger_of_an_earlier_build_opens() {
    let folder = TempDir::new().unwrap();
    write_old(&folder, include_bytes!("format-2.ledger.gz"));
    let ledger = Ledger::open(folder.path(), options(Durability::Strict)).unwrap();
    assert_eq!(soon(ledger.read()).await.unwrap().total, 47);
    assert_eq!(soon(count(&ledger, "Increment", "grpc-web")).await, 3);
    assert_eq!(soon(count(&ledger, "Double", "grpc")).await, 44);
    let refused = soon(ledger.report(report("folded", &[(row("a", "b"), 6)]))).await;
    assert_eq!(refused, Err(ReportError::Refused(Refusal::Folded)));
}

#[test]
fn a_ledger_of_an_older_format_is_refused_with_both_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let bytes = write_old(&folder, include_bytes!("format-1.ledger.gz"));
    let told = Ledger::open(folder.path(), options(Durability::Strict)).unwrap_err().to_string();
    assert!(
        told.contains("format 1") && told.contains("format 2") && told.contains("move it away"),
        "{told}"
    );
    assert_eq!(fs::read(folder.path().join("ledger")).unwrap(), bytes);
}

#[test]
fn an_error_of_the_disk_at_open_is_not_called_damage() {
    for trouble in [Trouble::Read, Trouble::Write, Trouble::Sync] {
        let disk = Arc::new(SimDisk::default());
        drop(on(&disk, Durability::Strict));
        disk.set_trouble(Some((trouble, ErrorKind::HostUnreachable)));
        let error = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("host unreachable") && told.contains("disk"), "{trouble:?}: {told}");
        assert!(!told.contains("damaged"), "{trouble:?}: {told}");
        disk.set_trouble(None);
        drop(on(&disk, Durability::Strict));
    }
}

#[test]
fn a_ledger_on_a_full_disk_does_not_open_and_is_not_called_damaged() {
    let disk = Arc::new(SimDisk::default());
    drop(on(&disk, Durability::Strict));
    for disk in [disk, Arc::default()] {
        disk.set_trouble(Some((Trouble::Write, ErrorKind::StorageFull)));
        let error = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap_err();
        assert!(
            matches!(&error, OpenError::Unusable { source, .. } if source.kind() == ErrorKind::StorageFull),
            "{error}"
        );
    }
}
