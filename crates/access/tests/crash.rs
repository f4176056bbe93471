//! Ten thousand losses of power at random moments: what was answered is counted, and nothing that was not sent.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{collections::BTreeMap, sync::Arc, thread};

use fastrand::Rng;
use increment_access::{
    Counts, Durability, Ledger, Name, OpenError, Protocol, Refusal, Report, ReportError, Row, TableLimits,
};

use sim::{SimDisk, call, options};

const CRASHES: u64 = 10_000;
const CRASHES_PER_DISK: u64 = 100;
const THREADS: u64 = 2;
/// So many rows that a few reports fill the log.
const MANY: usize = 64;
/// So few that origins are folded all the time.
const LIMITS: TableLimits = TableLimits { origins: 2, rows: 300, told_rows: 10_000, folded_names: 1000 };
/// How many origins report at a time.
const ORIGINS: u8 = 3;

const PATHS: [&str; 4] = [
    "/TemplateGRPC/TemplateGRPCEndpoint",
    "/increment.v1.IncrementService/Increment",
    "/increment.v1.IncrementService/CountUp",
    "/no.such.Service/Method",
];
const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::GrpcWebText];

/// What a reader may see of each row.
#[derive(Default)]
struct Bounds {
    /// What was sent, and of that, what was answered.
    calls: BTreeMap<String, (u64, u64)>,
    /// What was seen; no number may fall below.
    seen: BTreeMap<Row, u64>,
    /// How many names of origins are used up, for they were folded.
    names: u32,
}

impl Bounds {
    fn sent(&mut self, row: &str, calls: u64) {
        self.calls.entry(row.into()).or_default().0 += calls;
    }

    fn answered(&mut self, row: &str, calls: u64) {
        self.calls.entry(row.into()).or_default().1 += calls;
    }

    /// Whether the counts follow the law.
    fn check(&mut self, counts: &Counts) -> Result<(), String> {
        let rows: BTreeMap<_, _> = counts.rows.iter().cloned().collect();
        for (row, seen) in &self.seen {
            let now = rows.get(row).copied().unwrap_or(0);
            if now < *seen {
                return Err(format!("{row:?} fell from {seen} to {now}"));
            }
        }
        let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
        for (row, count) in &rows {
            *by_name.entry(name(row)).or_default() += count;
        }
        for (name, (sent, answered)) in &self.calls {
            let total = by_name.remove(name).unwrap_or(0);
            if !(*answered..=*sent).contains(&total) {
                return Err(format!("{name}: answered {answered}, total {total}, sent {sent}"));
            }
        }
        self.seen = rows;
        if by_name.is_empty() { Ok(()) } else { Err(format!("rows out of nowhere: {by_name:?}")) }
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

/// One life of a ledger, from its start to the loss of power.
async fn live(disk: &Arc<SimDisk>, bounds: &mut Bounds, rng: &mut Rng) -> Result<(), String> {
    // Some lives end before they have begun.
    let may_fail = rng.u8(..4) == 0;
    if may_fail {
        disk.lose_power_after(rng.u32(..40));
    }
    let ledger = match Ledger::open_on(Arc::clone(disk) as _, options(Durability::Strict).limited_to(LIMITS))
    {
        Ok(ledger) => ledger,
        Err(_) if may_fail => return Ok(()),
        Err(error) => return Err(format!("it does not open: {error}")),
    };
    bounds.check(&ledger.read().await.unwrap())?;
    let counter = ledger.counter();
    disk.lose_power_after(rng.u32(..40));
    loop {
        let mut under_way = Vec::new();
        for _ in 0..rng.usize(1..8) {
            let (path, protocol) = (PATHS[rng.usize(..PATHS.len())], PROTOCOLS[rng.usize(..PROTOCOLS.len())]);
            let name = name_of_call(path, protocol);
            bounds.sent(&name, 1);
            let counter = counter.clone();
            under_way.push((name, tokio::spawn(async move { call(&counter, path, protocol).await })));
        }
        let mut is_up = true;
        for (name, call) in under_way {
            match call.await.unwrap() {
                true => bounds.answered(&name, 1),
                false => is_up = false,
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

/// Another service reports totals that are larger than its last: of one row, or of so many that the log is soon full.
async fn report(ledger: &Ledger, bounds: &mut Bounds, rng: &mut Rng) -> bool {
    let origin = format!("origin-{}", bounds.names + u32::from(rng.u8(..ORIGINS)));
    let parse = |text: &str| Name::parse(text).unwrap();
    let mut rows = Vec::new();
    for index in 0..if rng.u8(..4) > 0 { 1 } else { MANY } {
        // Methods of its own for each origin, so that each has rows of its own.
        let method = parse(&format!("{origin}-{index}-{}", "x".repeat(64)));
        let row = Row { service: parse("other.v1.Service"), method, protocol: parse("grpc") };
        bounds.sent(&name(&row), rng.u64(1..10));
        let total = bounds.calls[&name(&row)].0;
        rows.push((row, total));
    }
    let kept = ledger.report(Report { origin: parse(&origin), rows: rows.clone() }).await;
    if kept == Err(ReportError::Refused(Refusal::Folded)) {
        // It takes a new name.
        bounds.names += 1;
        return true;
    }
    let is_kept = kept.is_ok();
    if is_kept {
        for (row, total) in rows {
            // A running total: it makes up for those that were lost before.
            let (_, answered) = bounds.calls[&name(&row)];
            bounds.answered(&name(&row), total - answered);
        }
    }
    is_kept
}

fn lives(seed: u64, lies: bool) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut rng = Rng::with_seed(seed);
    let mut disk = Arc::new(SimDisk::default());
    drop(Ledger::open_on(Arc::clone(&disk) as _, options(Durability::Strict)).unwrap());
    let mut bounds = Bounds::default();
    for crash in 0..CRASHES_PER_DISK {
        if lies {
            disk.lie();
        }
        let outcome = runtime.block_on(live(&disk, &mut bounds, &mut rng));
        outcome.map_err(|broken| format!("seed {seed}, crash {crash}: {broken}"))?;
        disk = Arc::new(disk.after_the_crash(&mut rng));
    }
    Ok(())
}

#[test]
fn the_law_holds_through_ten_thousand_crashes() {
    let threads = (0..THREADS).map(|thread| {
        thread::spawn(move || {
            let seeds = CRASHES / CRASHES_PER_DISK / THREADS;
            (0..seeds).try_for_each(|seed| lives(thread * seeds + seed, false))
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.join().unwrap().unwrap();
    }
}

#[test]
fn a_disk_whose_syncs_do_nothing_breaks_the_law() {
    let broken = lives(1, true).expect_err("the test of the law would not see a missing sync");
    assert!(broken.contains("answered") || broken.contains("fell"), "{broken}");
}

#[test]
fn a_crash_while_the_ledger_is_made_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    // What is left of it has another name, and is made anew.
    std::fs::write(folder.path().join("ledger.new"), b"half").unwrap();
    drop(Ledger::open(folder.path(), options(Durability::Strict)).unwrap());
    assert!(!matches!(
        Ledger::open(folder.path(), options(Durability::Strict)),
        Err(OpenError::Foreign { .. } | OpenError::Damaged { .. })
    ));
}
