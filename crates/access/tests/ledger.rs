//! The ledger by itself: what it commits, when, and what happens when it cannot.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{
    fs,
    future::poll_fn,
    io::{ErrorKind, Read},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use flate2::read::GzDecoder;
use increment_access::{
    CommitError, Durability, Ledger, NAME_BYTES, Name, OpenError, Protocol, ROWS_PER_ORIGIN, Report,
    ReportError, ReportRejected, Row, State, WATCH_INTERVAL,
};
use tempfile::TempDir;
use tokio::{
    spawn,
    task::yield_now,
    time::{Instant, timeout},
};

use sim::{Fault, SimDisk, call, count, options, start};

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

/// Fails a test when the ledger hangs.
async fn soon<T>(outcome: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), outcome).await.expect("the ledger hangs")
}

/// The message of a rejected call.
async fn rejection(ledger: &Ledger) -> String {
    start(ledger, INCREMENT, Protocol::Grpc).await.unwrap_err().message().to_owned()
}

#[tokio::test]
async fn counts_survive_a_restart() {
    for durability in BOTH {
        let folder = TempDir::new().unwrap();
        for life in 1..=3 {
            let ledger = Ledger::open(folder.path(), options(durability)).unwrap();
            for _ in 0..10 {
                assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
            }
            assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 10 * life, "{durability:?}");
        }
    }
}

#[tokio::test]
async fn a_relaxed_count_is_committed_when_the_ledger_is_dropped() {
    let folder = TempDir::new().unwrap();
    let ledger = Ledger::open(folder.path(), options(Durability::Relaxed)).unwrap();
    assert!(call(&ledger, INCREMENT, Protocol::Grpc).await);
    drop(ledger);
    let ledger = Ledger::open(folder.path(), options(Durability::Relaxed)).unwrap();
    assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 1);
}

#[tokio::test]
async fn a_strict_response_is_sent_after_a_sync_and_a_relaxed_one_before() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    disk.hold_syncs(true);
    let mut response = Box::pin(start(&ledger, INCREMENT, Protocol::Grpc));
    assert!(poll_fn(|context| Poll::Ready(response.as_mut().poll(context).is_pending())).await);
    let before = disk.syncs();
    disk.hold_syncs(false);
    soon(response).await.unwrap();
    assert!(disk.syncs() > before);

    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Relaxed);
    disk.hold_syncs(true);
    assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
    disk.hold_syncs(false);
    assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 1);
}

#[tokio::test]
async fn calls_in_flight_share_a_sync() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    let before = disk.syncs();
    disk.hold_syncs(true);
    let calls: Vec<_> = (0..1000).map(|_| start(&ledger, INCREMENT, Protocol::Grpc)).collect();
    disk.hold_syncs(false);
    for call in calls {
        soon(call).await.unwrap();
    }
    // Those before the first commit began, and those that arrived during it.
    assert!(disk.syncs() - before <= 2, "{} syncs", disk.syncs() - before);
    assert_eq!(count(&ledger, "Increment", "grpc").await, 1000);
}

#[tokio::test]
async fn a_call_in_a_runtime_that_is_never_idle_is_committed() {
    let ledger = on(&Arc::default(), Durability::Strict);
    let first = spawn(start(&ledger, INCREMENT, Protocol::Grpc));
    // Nothing but further calls.
    soon(async {
        while !first.is_finished() {
            drop(start(&ledger, INCREMENT, Protocol::Grpc));
            yield_now().await;
        }
    })
    .await;
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn calls_cannot_make_the_table_grow() {
    let ledger = on(&Arc::default(), Durability::Relaxed);
    for index in 0..1000 {
        for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::GrpcWebText] {
            assert!(call(&ledger, &format!("/no.such.Service/Method{index}"), protocol).await);
        }
    }
    let counts = soon(ledger.read()).await.unwrap();
    let name = Name::parse("unknown").unwrap();
    let unknown = Row { service: name.clone(), method: name.clone(), protocol: name };
    assert_eq!(counts.rows, [(unknown, 3000)]);
}

#[tokio::test]
async fn calls_are_rejected_while_the_disk_is_full() {
    for durability in BOTH {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            let disk = Arc::new(SimDisk::default());
            let ledger = on(&disk, durability);
            let mut state = ledger.state();
            assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
            soon(ledger.read()).await.unwrap();
            disk.set_fault(Some((Fault::Write, kind)));
            // Relaxed, it is accepted and must not be lost; strict, it is rejected and must not be counted.
            let accepted = u64::from(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
            assert_eq!(accepted, u64::from(durability == Durability::Relaxed));
            soon(state.wait_for(|state| *state == State::Full)).await.unwrap();
            assert_eq!(soon(rejection(&ledger)).await, CommitError::Full.to_string());
            let reported = soon(ledger.report(report("other", &[(row("a", "b"), 1)]))).await;
            assert_eq!(reported, Err(ReportError::Commit(CommitError::Full)));
            disk.set_fault(None);
            soon(state.wait_for(|state| *state == State::Open)).await.unwrap();
            assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
            assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 2 + accepted, "{durability:?}");
            ledger.close().await;
            let again = on(&disk, durability);
            assert_eq!(soon(count(&again, "Increment", "grpc")).await, 2 + accepted, "{durability:?}");
        }
    }
}

#[tokio::test]
async fn a_failed_sync_is_never_retried() {
    for (durability, kind) in
        [(Durability::Strict, ErrorKind::Other), (Durability::Relaxed, ErrorKind::StorageFull)]
    {
        let disk = Arc::new(SimDisk::default());
        let ledger = on(&disk, durability);
        let mut state = ledger.state();
        let before = disk.syncs();
        disk.set_fault(Some((Fault::Sync, kind)));
        let is_accepted = soon(call(&ledger, INCREMENT, Protocol::Grpc)).await;
        assert_eq!(is_accepted, durability == Durability::Relaxed);
        soon(state.wait_for(|state| matches!(state, State::Failed(_)))).await.unwrap();
        disk.set_fault(None);
        assert_eq!(soon(rejection(&ledger)).await, CommitError::Closed.to_string());
        let reported = soon(ledger.report(report("other", &[(row("a", "b"), 1)]))).await;
        assert_eq!(reported, Err(ReportError::Commit(CommitError::Closed)));
        assert!(matches!(soon(ledger.close()).await, State::Failed(_)));
        drop(ledger);
        assert_eq!(disk.syncs(), before, "it was synced again");
    }
}

#[tokio::test]
async fn any_other_failure_of_the_disk_fails_the_ledger() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    disk.set_fault(Some((Fault::Write, ErrorKind::Other)));
    assert!(!soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
    soon(ledger.state().wait_for(|state| matches!(state, State::Failed(_)))).await.unwrap();
}

#[tokio::test]
async fn closing_reports_lost_calls() {
    for durability in BOTH {
        let disk = Arc::new(SimDisk::default());
        let ledger = on(&disk, durability);
        assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
        soon(ledger.read()).await.unwrap();
        disk.set_fault(Some((Fault::Write, ErrorKind::StorageFull)));
        let is_accepted = soon(call(&ledger, INCREMENT, Protocol::Grpc)).await;
        match (is_accepted, soon(ledger.close()).await) {
            (true, State::Failed(reason)) => assert!(reason.contains("1 calls with a response"), "{reason}"),
            (false, State::Closed) => {}
            closed => panic!("{durability:?}: {closed:?}"),
        }
        disk.set_fault(None);
        assert_eq!(soon(count(&on(&disk, durability), "Increment", "grpc")).await, 1);
    }
}

#[tokio::test]
async fn closing_on_a_failing_disk_fails() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Relaxed);
    assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
    disk.set_fault(Some((Fault::Sync, ErrorKind::StorageFull)));
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
        assert_eq!((counts.total, &*counts.rows), (31, &[(row("a", "b"), 17), (row("a", "c"), 14)][..]));
    }
    ledger.close().await;
    let counts = soon(on(&disk, Durability::Strict).read()).await.unwrap();
    assert_eq!(counts.total, 31);
}

#[tokio::test]
async fn a_report_of_the_longest_names_is_committed() {
    let disk = Arc::new(SimDisk::default());
    let ledger = on(&disk, Durability::Strict);
    let long = |index: usize| format!("{index:0>NAME_BYTES$}");
    let rows: Vec<_> = (0..ROWS_PER_ORIGIN).map(|index| (row(&long(index), &long(index)), 1)).collect();
    soon(ledger.report(report(&long(0), &rows))).await.unwrap();
    let bytes = disk.bytes();
    drop(ledger);
    // After a kill, and after a close.
    for disk in [Arc::new(SimDisk::with(bytes)), disk] {
        let counts = soon(on(&disk, Durability::Strict).read()).await.unwrap();
        assert_eq!(counts.rows.len(), ROWS_PER_ORIGIN);
    }
}

#[tokio::test]
async fn a_watcher_receives_the_state_at_once_and_then_changes() {
    let ledger = on(&Arc::default(), Durability::Strict);
    assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
    let mut watch = ledger.watch();
    assert_eq!(soon(watch.next()).await.unwrap().total, 1);
    for total in 2..5 {
        assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
        assert_eq!(soon(watch.next()).await.unwrap().total, total);
    }
    ledger.close_watches();
    assert!(soon(watch.next()).await.is_none());
    assert!(soon(ledger.watch().next()).await.is_none());
}

#[tokio::test]
async fn a_watcher_receives_at_most_ten_states_a_second_and_always_the_last() {
    let ledger = on(&Arc::default(), Durability::Strict);
    let (mut watch, calling) = (ledger.watch(), ledger.clone());
    let begin = Instant::now();
    let calls = 2000;
    let calling = spawn(async move {
        for _ in 0..calls {
            assert!(call(&calling, INCREMENT, Protocol::Grpc).await);
        }
    });
    let (mut states, mut last) = (0, 0);
    while last < calls {
        let counts = soon(watch.next()).await.unwrap();
        assert!(counts.total > last || last == 0, "{} after {last}", counts.total);
        (states, last) = (states + 1, counts.total);
    }
    calling.await.unwrap();
    // The first at once, the next after the first change, and the last after the last change.
    let most = 3 + begin.elapsed().as_millis() / WATCH_INTERVAL.as_millis();
    assert!(states <= most, "{states} states in {:?}", begin.elapsed());
}

#[tokio::test]
async fn a_slow_watcher_receives_the_newest_state_next() {
    let ledger = on(&Arc::default(), Durability::Strict);
    let (mut slow, mut quick) = (ledger.watch(), ledger.watch());
    assert_eq!(soon(slow.next()).await.unwrap().total, 0);
    for _ in 0..50 {
        assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
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

/// The first ledger of format 3, after a close: 3 calls of its own, a report of 39, and one of 5 of a folded origin.
#[tokio::test]
async fn a_ledger_of_an_earlier_build_opens() {
    let folder = TempDir::new().unwrap();
    write_old(&folder, include_bytes!("format-3.ledger.gz"));
    let ledger = Ledger::open(folder.path(), options(Durability::Strict)).unwrap();
    assert_eq!(soon(ledger.read()).await.unwrap().total, 47);
    assert_eq!(soon(count(&ledger, "Increment", "grpc-web")).await, 3);
    assert_eq!(soon(count(&ledger, "Double", "grpc")).await, 44);
    let reported = soon(ledger.report(report("folded", &[(row("a", "b"), 6)]))).await;
    assert_eq!(reported, Err(ReportError::Rejected(ReportRejected::Folded)));
}

#[test]
fn a_ledger_of_an_older_format_is_rejected_with_both_formats_and_not_changed() {
    for (found, old) in
        [(1, &include_bytes!("format-1.ledger.gz")[..]), (2, include_bytes!("format-2.ledger.gz"))]
    {
        let folder = TempDir::new().unwrap();
        let bytes = write_old(&folder, old);
        let text = Ledger::open(folder.path(), options(Durability::Strict)).unwrap_err().to_string();
        assert!(text.contains(&format!("format {found}")) && text.contains("format 3"), "{text}");
        assert!(text.contains("move it away"), "{text}");
        assert_eq!(fs::read(folder.path().join("ledger")).unwrap(), bytes);
    }
}

#[test]
fn an_error_of_the_disk_at_open_is_not_reported_as_damage() {
    for fault in [Fault::Read, Fault::Write, Fault::Sync] {
        let disk = Arc::new(SimDisk::default());
        drop(on(&disk, Durability::Strict));
        disk.set_fault(Some((fault, ErrorKind::HostUnreachable)));
        let error = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("host unreachable") && text.contains("disk"), "{fault:?}: {text}");
        assert!(!text.contains("damaged"), "{fault:?}: {text}");
        disk.set_fault(None);
        drop(on(&disk, Durability::Strict));
    }
}

#[test]
fn a_ledger_on_a_full_disk_is_not_opened_and_not_reported_as_damaged() {
    let disk = Arc::new(SimDisk::default());
    drop(on(&disk, Durability::Strict));
    for disk in [disk, Arc::default()] {
        disk.set_fault(Some((Fault::Write, ErrorKind::StorageFull)));
        let error = Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap_err();
        assert!(
            matches!(&error, OpenError::Unusable { source, .. } if source.kind() == ErrorKind::StorageFull),
            "{error}"
        );
    }
}
