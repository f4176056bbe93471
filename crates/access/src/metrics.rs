//! The metrics of a ledger, in Prometheus' text format. With the feature `prometheus`.

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntGauge, Opts, Registry, TextEncoder, core::Collector,
};

use crate::{ledger::Ledger, options::Commit, state::State};

/// Upper bounds of the buckets for times, in seconds.
const SECONDS: [f64; 17] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// Upper bounds of the buckets for the calls of a commit.
const CALLS: [f64; 13] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0];

/// The metrics of a ledger. A clone is cheap, and records to the same series.
#[derive(Clone, Debug)]
pub struct LedgerMetrics {
    registry: Registry,
    commits: IntCounter,
    group_size: Histogram,
    commit_duration: Histogram,
    open: IntGauge,
    origins: IntGauge,
    origins_folded: IntCounter,
}

impl Default for LedgerMetrics {
    /// All values are zero.
    fn default() -> Self {
        let registry = Registry::new();
        let commits = Opts::new("ledger_commits_total", "Commits of the ledger to its disk.");
        let group_size = HistogramOpts::new(
            "ledger_group_size",
            "Calls of one commit; 0 where it has only reports of other services.",
        );
        let commit_duration =
            HistogramOpts::new("ledger_commit_duration_seconds", "Duration of one commit to the disk.");
        let open = Opts::new("ledger_open", "1 while accesses can be committed, 0 while they cannot.");
        let origins = Opts::new(
            "ledger_origins",
            "Origins of reports with totals of their own; at 10000 the oldest are folded into one.",
        );
        let origins_folded = Opts::new(
            "ledger_origins_folded_total",
            "Origins that were folded at the limit: their totals are in the sums, and their further reports are rejected.",
        );
        let group_size = Histogram::with_opts(group_size.buckets(CALLS.to_vec()));
        let commit_duration = Histogram::with_opts(commit_duration.buckets(SECONDS.to_vec()));
        Self {
            commits: register(&registry, IntCounter::with_opts(commits)),
            group_size: register(&registry, group_size),
            commit_duration: register(&registry, commit_duration),
            open: register(&registry, IntGauge::with_opts(open)),
            origins: register(&registry, IntGauge::with_opts(origins)),
            origins_folded: register(&registry, IntCounter::with_opts(origins_folded)),
            registry,
        }
    }
}

impl LedgerMetrics {
    /// Measures the commits of a ledger, for [`Options::on_commit`](crate::Options::on_commit).
    pub fn on_commit(&self) -> impl Fn(Commit) + Send + 'static {
        let this = self.clone();
        move |commit| this.record(commit)
    }

    /// The current values of this ledger, in Prometheus' text format.
    pub fn text(&self, ledger: &Ledger) -> String {
        self.open.set((*ledger.state().borrow() == State::Open).into());
        self.origins.set(i64::try_from(ledger.origins()).unwrap_or(i64::MAX));
        let text = TextEncoder::new().encode_to_string(&self.registry.gather());
        text.expect("each registered metric has a name and samples")
    }

    fn record(&self, commit: Commit) {
        self.commits.inc();
        #[allow(clippy::cast_precision_loss, reason = "no commit has 2^53 calls")]
        self.group_size.observe(commit.calls as f64);
        self.commit_duration.observe(commit.duration.as_secs_f64());
        self.origins_folded.inc_by(commit.folded);
    }
}

/// Registers a metric.
fn register<C: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<C>) -> C {
    let metric = metric.expect("names, labels and buckets are valid constants");
    registry.register(Box::new(metric.clone())).expect("each name is registered once");
    metric
}
