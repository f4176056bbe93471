//! Random histories of calls, reports, readings, restarts and losses of power, against a plain model.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod sim;

use std::{collections::BTreeMap, sync::Arc};

use fastrand::Rng;
use increment_access::{
    Durability, Ledger, Name, Protocol, Report, ReportError, ReportRejected, Row, TableLimits,
};
use proptest::{collection::vec, prelude::*};

use sim::{SimDisk, call, options};

const PATHS: [&str; 3] = [
    "/TemplateGRPC/TemplateGRPCEndpoint",
    "/increment.v1.IncrementService/Increment",
    "/no.such.Service/Method",
];
const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::GrpcWeb, Protocol::GrpcWebText];

/// The number of origins that report; fewer may have totals of their own.
const ORIGINS: u8 = 5;
const LIMITS: TableLimits = TableLimits { origins: 3, rows: 300, listed_rows: 10_000, folded_names: 100 };

#[derive(Clone, Debug)]
enum Step {
    Call(usize, usize),
    /// An origin's totals of some of three methods, of which one is also served here.
    Report(u8, Vec<(usize, u64)>),
    Restart,
    /// A loss of power while no call is in flight; the seed selects what is left of what was not synced.
    Crash(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..PATHS.len(), 0..PROTOCOLS.len()).prop_map(|(path, protocol)| Step::Call(path, protocol)),
        4 => (0..ORIGINS, vec((0..3_usize, 0..50_u64), 0..4)).prop_map(|(origin, rows)| Step::Report(origin, rows)),
        1 => Just(Step::Restart),
        1 => any::<u64>().prop_map(Step::Crash),
    ]
}

type Key = [String; 3];

/// The expected counts: the calls made here, and the largest report of each origin.
#[derive(Default)]
struct Model {
    calls: BTreeMap<Key, u64>,
    reports: BTreeMap<(u8, Key), u64>,
}

impl Model {
    fn rows(&self) -> BTreeMap<Key, u64> {
        let mut rows = self.calls.clone();
        for ((_, key), total) in &self.reports {
            *rows.entry(key.clone()).or_default() += total;
        }
        rows
    }
}

fn called(path: usize, protocol: usize) -> Key {
    match path {
        2 => ["unknown"; 3].map(Into::into),
        _ => {
            let mut parts = PATHS[path].split('/').skip(1);
            [parts.next().unwrap(), parts.next().unwrap(), PROTOCOLS[protocol].name()].map(Into::into)
        }
    }
}

fn reported(method: usize) -> Key {
    let method = ["Increment", "Double", "Halve"][method];
    ["increment.v1.IncrementService", method, "grpc"].map(Into::into)
}

fn row([service, method, protocol]: &Key) -> Row {
    let name = |text: &str| Name::parse(text).unwrap();
    Row { service: name(service), method: name(method), protocol: name(protocol) }
}

async fn apply(ledger: &Ledger, step: &Step, model: &mut Model) {
    match step {
        Step::Call(path, protocol) => {
            assert!(call(ledger, PATHS[*path], PROTOCOLS[*protocol]).await);
            *model.calls.entry(called(*path, *protocol)).or_default() += 1;
        }
        Step::Report(origin, rows) => {
            let name = Name::parse(&format!("origin-{origin}")).unwrap();
            let totals = rows.iter().map(|(method, total)| (row(&reported(*method)), *total)).collect();
            match ledger.report(Report { origin: name, rows: totals }).await {
                Ok(()) => {}
                // Nothing of it is counted.
                Err(ReportError::Rejected(ReportRejected::Folded)) => return,
                Err(error) => panic!("{error}"),
            }
            for (method, total) in rows.iter().filter(|(_, total)| *total > 0) {
                let known = model.reports.entry((*origin, reported(*method))).or_default();
                *known = (*known).max(*total);
            }
        }
        Step::Restart | Step::Crash(_) => {}
    }
}

async fn check(ledger: &Ledger, model: &Model) {
    let counts = ledger.read().await.unwrap();
    let text = |row: &Row| [&row.service, &row.method, &row.protocol].map(ToString::to_string);
    let found: Vec<(Key, u64)> = counts.rows.iter().map(|(row, count)| (text(row), *count)).collect();
    let expected: Vec<(Key, u64)> = model.rows().into_iter().collect();
    assert_eq!(found, expected);
    assert_eq!(counts.total, expected.iter().map(|(_, count)| count).sum::<u64>());
}

async fn run(durability: Durability, steps: &[Step]) {
    let mut disk = Arc::new(SimDisk::default());
    let open = |disk: &Arc<SimDisk>| {
        Ledger::open_on(Arc::clone(disk) as _, options(durability).limits(LIMITS)).unwrap()
    };
    let (mut ledger, mut model) = (open(&disk), Model::default());
    for step in steps {
        apply(&ledger, step, &mut model).await;
        check(&ledger, &model).await;
        match step {
            Step::Restart => ledger.close().await,
            // The reading before has committed everything.
            Step::Crash(seed) => {
                disk = Arc::new(disk.after_crash(&mut Rng::with_seed(*seed)));
                ledger.close().await
            }
            _ => continue,
        };
        ledger = open(&disk);
        check(&ledger, &model).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_gives_the_counts_of_the_model(steps in vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for durability in [Durability::Strict, Durability::Relaxed] {
            runtime.block_on(run(durability, &steps));
        }
    }
}
