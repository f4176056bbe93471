//! The ledger: what it writes, in which groups, and whether it can.

use increment_access::Commit;
use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Opts, Registry};

use super::{SECONDS, registered};

/// Upper bounds of the buckets for the calls in a group.
const CALLS: [f64; 13] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];

/// What is measured of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct LedgerMetrics {
    commits: IntCounter,
    group_size: Histogram,
    commit_duration: Histogram,
    open: IntGauge,
    origins: IntGauge,
    origins_folded: IntCounter,
}

impl LedgerMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let commits = Opts::new("increment_ledger_commits_total", "Writes of the ledger to its disk.");
        let group_size = HistogramOpts::new(
            "increment_ledger_group_size",
            "Calls that one write of the ledger kept; 0 where it kept reports of other services only.",
        );
        let commit_duration = HistogramOpts::new(
            "increment_ledger_commit_duration_seconds",
            "Time that one write of the ledger to its disk took.",
        );
        let open = Opts::new("increment_ledger_open", "1 while accesses can be kept, 0 while they cannot.");
        let origins = Opts::new(
            "increment_ledger_origins",
            "Origins of reports that have totals of their own; at 10000 the oldest are folded into one.",
        );
        let origins_folded = Opts::new(
            "increment_ledger_origins_folded_total",
            "Origins that were folded, for there were too many: their totals are in the sums, and no more is taken of them.",
        );
        let group_size = Histogram::with_opts(group_size.buckets(CALLS.to_vec()));
        let commit_duration = Histogram::with_opts(commit_duration.buckets(SECONDS.to_vec()));
        Self {
            commits: registered(registry, IntCounter::with_opts(commits)),
            group_size: registered(registry, group_size),
            commit_duration: registered(registry, commit_duration),
            open: registered(registry, IntGauge::with_opts(open)),
            origins: registered(registry, IntGauge::with_opts(origins)),
            origins_folded: registered(registry, IntCounter::with_opts(origins_folded)),
        }
    }

    /// Something was written.
    pub(super) fn note(&self, commit: Commit) {
        self.commits.inc();
        #[allow(clippy::cast_precision_loss, reason = "no group has 2^53 calls")]
        self.group_size.observe(commit.calls as f64);
        self.commit_duration.observe(commit.duration.as_secs_f64());
        self.set_origins(commit.origins);
        self.origins_folded.inc_by(commit.folded);
    }

    /// How many origins have totals of their own from now on.
    pub(crate) fn set_origins(&self, origins: usize) {
        self.origins.set(i64::try_from(origins).unwrap_or(i64::MAX));
    }

    /// Whether accesses can be kept from now on.
    pub(crate) fn set_open(&self, is_open: bool) {
        self.open.set(is_open.into());
    }
}
