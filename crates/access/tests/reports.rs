//! What other services report: what is committed, what is rejected, and what is folded at the limits.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{
    io::ErrorKind,
    sync::{Arc, Mutex},
    time::Duration,
};

use increment_access::{
    CommitError, Durability, LISTED_ROWS, Ledger, MAX_COUNT, MAX_REPORTED, Name, ORIGINS, Protocol,
    ROWS_PER_ORIGIN, Report, ReportError, ReportRejected, Row, State, TableLimits,
};
use tokio::time::timeout;

use sim::{Fault, SimDisk, call, count, options};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";

/// Limits that a test reaches.
const FEW: TableLimits = TableLimits { origins: 3, rows: 300, listed_rows: 400, folded_names: 5 };

fn limited(disk: &Arc<SimDisk>, limits: TableLimits) -> Ledger {
    Ledger::open_on(Arc::clone(disk) as _, options(Durability::Strict).limits(limits)).unwrap()
}

fn row(service: &str, method: &str) -> Row {
    let name = |text: &str| Name::parse(text).unwrap();
    Row { service: name(service), method: name(method), protocol: name("grpc") }
}

fn many(from: usize, count: usize) -> Vec<(Row, u64)> {
    (from..from + count).map(|index| (row("s", &format!("m{index}")), 1)).collect()
}

/// Fails a test when the ledger hangs.
async fn soon<T>(outcome: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), outcome).await.expect("the ledger hangs")
}

async fn report(ledger: &Ledger, origin: &str, rows: &[(Row, u64)]) -> Result<(), ReportError> {
    let report = Report { origin: Name::parse(origin).unwrap(), rows: rows.to_vec() };
    soon(ledger.report(report)).await
}

fn rejected(reason: ReportRejected) -> Result<(), ReportError> {
    Err(ReportError::Rejected(reason))
}

async fn total(ledger: &Ledger) -> u64 {
    let counts = soon(ledger.read()).await.unwrap();
    assert_eq!(counts.total, counts.rows.iter().map(|(_, count)| count).sum::<u64>());
    counts.total
}

#[tokio::test]
async fn the_largest_counts_can_be_read_again() {
    let disk = Arc::new(SimDisk::default());
    let ledger = limited(&disk, TableLimits::default());
    for count in [u64::MAX, MAX_COUNT + 1] {
        let beyond = report(&ledger, "one", &[(row("a", "b"), count)]).await;
        assert_eq!(beyond, rejected(ReportRejected::Count));
    }
    let all: Vec<_> = many(0, ROWS_PER_ORIGIN).into_iter().map(|(row, _)| (row, MAX_COUNT)).collect();
    let most = MAX_REPORTED / MAX_COUNT / ROWS_PER_ORIGIN as u64;
    for index in 0..most {
        report(&ledger, &format!("o{index}"), &all).await.unwrap();
    }
    assert_eq!(report(&ledger, "last", &[(row("a", "b"), 1)]).await, rejected(ReportRejected::Reported));
    // The service's own calls are never rejected.
    assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
    let killed = disk.bytes();
    soon(ledger.close()).await;
    for bytes in [killed, disk.bytes()] {
        let again = limited(&Arc::new(SimDisk::with(bytes)), TableLimits::default());
        assert_eq!(total(&again).await, MAX_REPORTED + 1);
        assert_eq!(soon(count(&again, "Increment", "grpc")).await, 1);
    }
}

#[tokio::test]
async fn a_report_of_too_many_rows_is_rejected_whole() {
    let ledger = limited(&Arc::default(), TableLimits::default());
    let too_many = report(&ledger, "one", &many(0, ROWS_PER_ORIGIN + 1)).await;
    assert_eq!(too_many, rejected(ReportRejected::RowsPerOrigin));
    assert_eq!(total(&ledger).await, 0);
    report(&ledger, "one", &many(0, ROWS_PER_ORIGIN)).await.unwrap();
    let one_more = report(&ledger, "one", &many(ROWS_PER_ORIGIN, 1)).await;
    assert_eq!(one_more, rejected(ReportRejected::RowsPerOrigin));
    // Its known rows may grow.
    report(&ledger, "one", &[(row("s", "m0"), 2)]).await.unwrap();
    // An empty report is accepted.
    report(&ledger, "another", &[]).await.unwrap();
}

#[tokio::test]
async fn no_origin_is_rejected_after_more_than_ten_thousand_restarts() {
    let ledger = Ledger::open_on(Arc::<SimDisk>::default() as _, options(Durability::Relaxed)).unwrap();
    let (rows, restarts) = (many(0, 3), ORIGINS + 1000);
    let all = (0..restarts).map(|index| {
        let (ledger, rows) = (ledger.clone(), rows.clone());
        tokio::spawn(async move { report(&ledger, &format!("run-{index}"), &rows).await.unwrap() })
    });
    for reported in all.collect::<Vec<_>>() {
        soon(reported).await.unwrap();
    }
    assert_eq!(total(&ledger).await, 3 * restarts as u64);
    assert_eq!(ledger.origins(), ORIGINS);
    assert_eq!(soon(count(&ledger, "m1", "grpc")).await, restarts as u64);
}

#[tokio::test]
async fn the_origins_that_have_not_grown_for_longest_are_folded() {
    let folds = Arc::new(Mutex::new((0, 0)));
    let seen = Arc::clone(&folds);
    let observed = options(Durability::Strict).limits(FEW).on_commit(move |commit| {
        let mut folds = seen.lock().unwrap();
        *folds = (commit.origins, folds.1 + commit.folded);
    });
    let disk = Arc::new(SimDisk::default());
    let mut ledger = Ledger::open_on(Arc::clone(&disk) as _, observed).unwrap();
    for (origin, total) in [("a", 1), ("b", 2), ("c", 3), ("a", 4)] {
        report(&ledger, origin, &[(row("s", "m"), total)]).await.unwrap();
    }
    // A report without growth does not make it younger; nor does a restart.
    report(&ledger, "b", &[(row("s", "m"), 2)]).await.unwrap();
    soon(ledger.close()).await;
    ledger = limited(&disk, FEW);
    report(&ledger, "d", &[(row("s", "m"), 10)]).await.unwrap();
    assert_eq!((ledger.origins(), total(&ledger).await), (3, 19));
    // Late: whether it has grown is unknown.
    assert_eq!(report(&ledger, "b", &[(row("s", "m"), 3)]).await, rejected(ReportRejected::Folded));
    report(&ledger, "c", &[(row("s", "m"), 4)]).await.unwrap();
    report(&ledger, "e", &[(row("s", "m"), 100)]).await.unwrap();
    assert_eq!(report(&ledger, "a", &[(row("s", "m"), 5)]).await, rejected(ReportRejected::Folded));
    assert_eq!(total(&ledger).await, 120);
    assert_eq!(*folds.lock().unwrap(), (3, 0));
    let killed = Arc::new(SimDisk::with(disk.bytes()));
    soon(ledger.close()).await;
    for disk in [killed, disk] {
        let ledger = limited(&disk, FEW);
        assert_eq!((ledger.origins(), total(&ledger).await), (3, 120));
        for origin in ["a", "b"] {
            assert_eq!(
                report(&ledger, origin, &[(row("s", "m"), 9)]).await,
                rejected(ReportRejected::Folded)
            );
        }
    }
}

#[tokio::test]
async fn each_commit_reports_the_origins_folded_in_it() {
    let commits = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&commits);
    let observed = options(Durability::Strict).limits(FEW);
    let observed =
        observed.on_commit(move |commit| seen.lock().unwrap().push((commit.origins, commit.folded)));
    let ledger = Ledger::open_on(Arc::<SimDisk>::default() as _, observed).unwrap();
    for origin in ["a", "b", "c", "d", "e"] {
        report(&ledger, origin, &many(0, 1)).await.unwrap();
    }
    assert_eq!(*commits.lock().unwrap(), [(1, 0), (2, 0), (3, 0), (3, 1), (3, 1)]);
}

#[tokio::test]
async fn a_fold_that_fails_on_a_full_disk_is_committed_later() {
    let disk = Arc::new(SimDisk::default());
    let ledger = limited(&disk, FEW);
    for origin in ["a", "b", "c"] {
        report(&ledger, origin, &many(0, 1)).await.unwrap();
    }
    disk.set_fault(Some((Fault::Write, ErrorKind::StorageFull)));
    assert_eq!(report(&ledger, "d", &many(0, 1)).await, Err(ReportError::Commit(CommitError::Full)));
    soon(ledger.state().wait_for(|state| *state == State::Full)).await.unwrap();
    disk.set_fault(None);
    soon(ledger.state().wait_for(|state| *state == State::Open)).await.unwrap();
    assert_eq!((ledger.origins(), total(&ledger).await), (3, 3));
    report(&ledger, "a", &[(row("s", "m0"), 2)]).await.unwrap();
    report(&ledger, "d", &many(0, 1)).await.unwrap();
    assert_eq!((ledger.origins(), total(&ledger).await), (3, 5));
    soon(ledger.close()).await;
    let ledger = limited(&disk, FEW);
    assert_eq!((ledger.origins(), total(&ledger).await), (3, 5));
    assert_eq!(report(&ledger, "b", &many(0, 1)).await, rejected(ReportRejected::Folded));
}

#[tokio::test]
async fn a_name_folded_long_ago_is_a_new_origin() {
    let disk = Arc::new(SimDisk::default());
    let ledger = limited(&disk, FEW);
    for index in 0..FEW.origins + FEW.folded_names {
        report(&ledger, &format!("o{index}"), &many(0, 1)).await.unwrap();
    }
    assert_eq!(report(&ledger, "o0", &many(0, 1)).await, rejected(ReportRejected::Folded));
    report(&ledger, "new", &many(0, 1)).await.unwrap();
    let before = total(&ledger).await;
    soon(ledger.close()).await;
    let ledger = limited(&disk, FEW);
    report(&ledger, "o0", &many(0, 1)).await.unwrap();
    assert_eq!(total(&ledger).await, before + 1);
}

#[tokio::test]
async fn a_full_table_folds_origins_and_then_counts_in_the_row_other() {
    let disk = Arc::new(SimDisk::default());
    let mut ledger = limited(&disk, FEW);
    let listed = async |ledger: &Ledger, row: &Row| {
        let counts = soon(ledger.read()).await.unwrap();
        counts.rows.iter().find(|(known, _)| known == row).map(|(_, count)| *count)
    };
    report(&ledger, "a", &many(0, 200)).await.unwrap();
    report(&ledger, "b", &many(200, 200)).await.unwrap();
    assert_eq!(ledger.origins(), 1, "300 rows are all there may be");
    let other = Row { service: Name::parse("other").unwrap(), ..row("other", "other") };
    let other = Row { protocol: Name::parse("other").unwrap(), ..other };
    report(&ledger, "c", &many(390, 20)).await.unwrap();
    assert_eq!(
        (listed(&ledger, &other).await, listed(&ledger, &row("s", "m395")).await),
        (Some(10), Some(2))
    );
    assert_eq!(listed(&ledger, &row("s", "m405")).await, None);
    // The service's own calls have rows of their own.
    assert!(soon(call(&ledger, INCREMENT, Protocol::Grpc)).await);
    assert_eq!(soon(count(&ledger, "Increment", "grpc")).await, 1);
    for _ in 0..2 {
        soon(ledger.close()).await;
        ledger = limited(&disk, FEW);
        assert_eq!((total(&ledger).await, listed(&ledger, &other).await), (421, Some(10)));
    }
    report(&ledger, "c", &[(row("s", "m405"), 5)]).await.unwrap();
    assert_eq!(listed(&ledger, &other).await, Some(14));
    // Folded, it is listed as before.
    report(&ledger, "d", &many(0, 256)).await.unwrap();
    report(&ledger, "e", &many(0, 256)).await.unwrap();
    soon(ledger.close()).await;
    ledger = limited(&disk, FEW);
    assert_eq!((ledger.origins(), listed(&ledger, &other).await, total(&ledger).await), (1, Some(14), 937));
}

#[tokio::test]
async fn reported_rows_are_listed_up_to_the_limit() {
    let ledger = Ledger::open_on(Arc::<SimDisk>::default() as _, options(Durability::Relaxed)).unwrap();
    for index in 0..=LISTED_ROWS / ROWS_PER_ORIGIN + 1 {
        let rows = many(index * ROWS_PER_ORIGIN, ROWS_PER_ORIGIN);
        report(&ledger, &format!("o{index}"), &rows).await.unwrap();
    }
    assert_eq!(soon(ledger.read()).await.unwrap().rows.len(), LISTED_ROWS + 1);
}

#[tokio::test]
async fn concurrent_reports_share_a_sync() {
    let disk = Arc::new(SimDisk::default());
    let ledger = limited(&disk, TableLimits::default());
    let before = disk.syncs();
    let reports = (1..=2000_u64).map(|total| {
        let ledger = ledger.clone();
        tokio::spawn(async move { report(&ledger, "one", &[(row("a", "b"), total)]).await.unwrap() })
    });
    for reported in reports.collect::<Vec<_>>() {
        soon(reported).await.unwrap();
    }
    assert!(disk.syncs() - before < 200, "{} syncs", disk.syncs() - before);
    assert_eq!(total(&ledger).await, 2000);
}

#[tokio::test]
async fn a_watcher_receives_the_change_of_any_row() {
    let ledger = limited(&Arc::default(), FEW);
    let mut watch = ledger.watch();
    assert_eq!(soon(watch.next()).await.unwrap().total, 0);
    for (index, origin) in ["a", "b", "c", "d", "a2", "b2"].into_iter().enumerate() {
        report(&ledger, origin, &[(row("s", origin), MAX_COUNT)]).await.unwrap();
        let counts = soon(watch.next()).await.unwrap();
        assert_eq!(counts.rows.len(), index + 1);
    }
}
