//! Ten thousand losses of power at random moments: every call with a response is counted, and none that was not sent.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{collections::BTreeMap, sync::Arc, thread};

use fastrand::Rng;
use increment_access::{
    Counts, Durability, Ledger, Name, OpenError, Protocol, Report, ReportError, ReportRejected, Row,
    TableLimits,
};

use sim::{SimDisk, options, start};

const CRASHES: u64 = 10_000;
const CRASHES_PER_DISK: u64 = 100;
const THREADS: u64 = 2;
/// The rows of a large report.
const MANY: usize = 64;
/// Small limits: origins are folded all the time.
const LIMITS: TableLimits = TableLimits { origins: 2, rows: 300, listed_rows: 10_000, folded_names: 1000 };
/// The number of origins that report at a time.
const ORIGINS: u8 = 3;

const PATHS: [&str; 4] = [
    "/TemplateGRPC/TemplateGRPCEndpoint",
    "/increment.v1.IncrementService/Increment",
    "/increment.v1.IncrementService/CountUp",
    "/no.such.Service/Method",
];
const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::GrpcWebText];

/// What may be read of each row.
#[derive(Default)]
struct Bounds {
    /// By row, the calls that were sent, and those with a response.
    calls: BTreeMap<String, (u64, u64)>,
    /// The last reading; no number may fall below it.
    read: BTreeMap<Row, u64>,
    /// The number of origins that were folded, and whose names cannot be used again.
    names: u32,
}

impl Bounds {
    fn sent(&mut self, row: &str, calls: u64) {
        self.calls.entry(row.into()).or_default().0 += calls;
    }

    fn responded(&mut self, row: &str, calls: u64) {
        self.calls.entry(row.into()).or_default().1 += calls;
    }

    /// Fails where counts are out of bounds.
    fn check(&mut self, counts: &Counts) -> Result<(), String> {
        let rows: BTreeMap<_, _> = counts.rows.iter().cloned().collect();
        for (row, before) in &self.read {
            let now = rows.get(row).copied().unwrap_or(0);
            if now < *before {
                return Err(format!("{row:?} fell from {before} to {now}"));
            }
        }
        let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
        for (row, count) in &rows {
            *by_name.entry(name(row)).or_default() += count;
        }
        for (name, (sent, responded)) in &self.calls {
            let total = by_name.remove(name).unwrap_or(0);
            if !(*responded..=*sent).contains(&total) {
                return Err(format!("{name}: responded {responded}, total {total}, sent {sent}"));
            }
        }
        self.read = rows;
        if by_name.is_empty() { Ok(()) } else { Err(format!("rows that were never sent: {by_name:?}")) }
    }
}

fn name(row: &Row) -> String {
    format!("{} {}", row.method, row.protocol)
}

fn name_of_call(path: &str, protocol: Protocol) -> String {
    match path.rsplit('/').next() {
        Some("Method") | None => "unknown unknown".into(),
        Some(method) => format!("{method} {}", protocol.name()),
    }
}

/// Uses a ledger from its start to the loss of power.
async fn run_until_crash(disk: &Arc<SimDisk>, bounds: &mut Bounds, rng: &mut Rng) -> Result<(), String> {
    // Power may be lost during the start.
    let may_fail = rng.u8(..4) == 0;
    if may_fail {
        disk.lose_power_after(rng.u32(..40));
    }
    let ledger = match Ledger::open_on(Arc::clone(disk) as _, options(Durability::Strict).limits(LIMITS)) {
        Ok(ledger) => ledger,
        Err(_) if may_fail => return Ok(()),
        Err(error) => return Err(format!("it does not open: {error}")),
    };
    bounds.check(&ledger.read().await.unwrap())?;
    disk.lose_power_after(rng.u32(..40));
    loop {
        let mut in_flight = Vec::new();
        for _ in 0..rng.usize(1..8) {
            let (path, protocol) = (PATHS[rng.usize(..PATHS.len())], PROTOCOLS[rng.usize(..PROTOCOLS.len())]);
            let name = name_of_call(path, protocol);
            bounds.sent(&name, 1);
            in_flight.push((name, tokio::spawn(start(&ledger, path, protocol))));
        }
        let mut is_up = true;
        for (name, call) in in_flight {
            match call.await.unwrap() {
                Ok(()) => bounds.responded(&name, 1),
                Err(_) => is_up = false,
            }
        }
        if rng.u8(..8) == 0 {
            is_up &= report(&ledger, bounds, rng).await;
        }
        if !is_up {
            return Ok(());
        }
        bounds.check(&ledger.read().await.unwrap())?;
    }
}

/// Reports totals of another service that are larger than its last ones, of one row or of many.
async fn report(ledger: &Ledger, bounds: &mut Bounds, rng: &mut Rng) -> bool {
    let origin = format!("origin-{}", bounds.names + u32::from(rng.u8(..ORIGINS)));
    let parse = |text: &str| Name::parse(text).unwrap();
    let mut rows = Vec::new();
    for index in 0..if rng.u8(..4) > 0 { 1 } else { MANY } {
        // Each origin has its own methods, and so its own rows.
        let method = parse(&format!("{origin}-{index}-{}", "x".repeat(64)));
        let row = Row { service: parse("other.v1.Service"), method, protocol: parse("grpc") };
        bounds.sent(&name(&row), rng.u64(1..10));
        let total = bounds.calls[&name(&row)].0;
        rows.push((row, total));
    }
    let committed = ledger.report(Report { origin: parse(&origin), rows: rows.clone() }).await;
    if committed == Err(ReportError::Rejected(ReportRejected::Folded)) {
        // It continues under a new name.
        bounds.names += 1;
        return true;
    }
    let is_committed = committed.is_ok();
    if is_committed {
        for (row, total) in rows {
            // A running total includes reports that were lost before.
            let (_, responded) = bounds.calls[&name(&row)];
            bounds.responded(&name(&row), total - responded);
        }
    }
    is_committed
}

fn crash_repeatedly(seed: u64, ignores_syncs: bool) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut rng = Rng::with_seed(seed);
    let mut disk = Arc::new(SimDisk::default());
    drop(Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap());
    let mut bounds = Bounds::default();
    for crash in 0..CRASHES_PER_DISK {
        if ignores_syncs {
            disk.ignore_syncs();
        }
        let outcome = runtime.block_on(run_until_crash(&disk, &mut bounds, &mut rng));
        outcome.map_err(|broken| format!("seed {seed}, crash {crash}: {broken}"))?;
        disk = Arc::new(disk.after_crash(&mut rng));
    }
    Ok(())
}

#[test]
fn counts_survive_ten_thousand_crashes() {
    let threads = (0..THREADS).map(|thread| {
        thread::spawn(move || {
            let seeds = CRASHES / CRASHES_PER_DISK / THREADS;
            (0..seeds).try_for_each(|seed| crash_repeatedly(thread * seeds + seed, false))
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap().unwrap();
    }
}

#[test]
fn a_missing_sync_is_detected_by_this_test() {
    let broken = crash_repeatedly(1, true).expect_err("a missing sync is not detected");
    assert!(broken.contains("responded") || broken.contains("fell"), "{broken}");
}

#[test]
fn a_crash_while_the_ledger_is_created_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    // What it leaves has another name, and is replaced.
    std::fs::write(folder.path().join("ledger.new"), b"half").unwrap();
    drop(Ledger::open(folder.path(), options(Durability::Strict)).unwrap());
    assert!(!matches!(
        Ledger::open(folder.path(), options(Durability::Strict)),
        Err(OpenError::Foreign { .. } | OpenError::Damaged { .. })
    ));
}
