//! Connect's conformance suite, and how many of its cases pass. Must not know what they test.

mod printed;

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    process::Command,
    time::Duration,
};

use super::programs::{self, Programs};
use crate::{Outcome, counts::Counts, ended, run};

/// How long the runner may take.
const LIMIT: Duration = Duration::from_secs(300);

/// What the suite gave.
pub(super) struct Conformance {
    /// The cases of each kind, in the document's order.
    pub(super) groups: BTreeMap<Group, [Tally; Kind::ALL.len()]>,
    failures: Vec<String>,
}

/// How many cases ran and how many of them failed, those aside that are known to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) ran: u32,
    pub(super) failed: u32,
    pub(super) excepted: u32,
}

/// Cases that travel alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) protocol: Protocol,
    pub(super) http: Http,
    pub(super) is_tls: bool,
    /// Whether grpc-go calls, instead of the suite's own client.
    pub(super) is_grpc_go: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Grpc,
    GrpcWeb,
    Connect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Http {
    One,
    Two,
}

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unary,
    ClientStream,
    ServerStream,
    HalfDuplex,
    FullDuplex,
}

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Unary, Self::ClientStream, Self::ServerStream, Self::HalfDuplex, Self::FullDuplex];
}

impl Conformance {
    pub(super) fn counts(&self) -> Counts {
        let total = self.groups.values().flatten().fold(Tally::default(), |total, tally| total.and(*tally));
        for failure in &self.failures {
            run::note(&format!("failed: {failure}"));
        }
        let passed = total.ran - total.failed - total.excepted;
        run::say(&format!("{passed} cases of Connect's conformance suite pass, {} fail", total.failed));
        Counts { passed, failed: total.failed }
    }
}

impl Tally {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            ran: self.ran + other.ran,
            failed: self.failed + other.failed,
            excepted: self.excepted + other.excepted,
        }
    }
}

impl Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self { ran: 0, .. } => write!(formatter, ""),
            Self { ran, failed: 0, excepted: 0 } => write!(formatter, "{ran}"),
            Self { ran, failed, excepted } => write!(formatter, "{} of {ran}", ran - failed - excepted),
        }
    }
}

/// Runs the suite.
pub(super) fn run(programs: &Programs) -> Outcome<Conformance> {
    let mut runner = Command::new(&programs.conformance);
    // What the cases are called is told in the most verbose form only.
    runner.current_dir(programs::folder()).args(["--mode=server", "--vv", "--conf=conformance.yaml"]);
    runner.args(["--known-failing=@exceptions.txt", "--"]).arg(&programs.conformance_server);
    let ended = ended::within(LIMIT, &mut runner)?;
    let (status, printed) = (ended.status, ended.all());
    let end = || format!("the conformance runner ended with {status}: {}", last_lines(&printed));
    let read = printed::read(&printed).ok_or_else(end)?;
    if !status.success() && read.failures.is_empty() {
        return Err(end());
    }
    Ok(read)
}

/// What the runner says after all cases.
fn last_lines(printed: &str) -> String {
    let lines: Vec<_> = printed.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
