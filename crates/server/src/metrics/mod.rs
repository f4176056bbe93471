//! What the server measures of itself, told as Prometheus text. Must not know how what is measured works.

mod calls;
mod connections;
mod ledger;
mod serve;

pub(crate) use self::{
    calls::{CallMetrics, Series, UnderWay},
    connections::ConnectionMetrics,
    ledger::LedgerMetrics,
    serve::{MetricsAnswers, serve},
};

use increment_access::Commit;
use prometheus::{Registry, TextEncoder, core::Collector};

/// Upper bounds of the buckets for times, in seconds.
const SECONDS: [f64; 17] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// What the server measures of itself. A clone is cheap, and measures into the same numbers.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    pub(crate) calls: CallMetrics,
    pub(crate) connections: ConnectionMetrics,
    pub(crate) ledger: LedgerMetrics,
}

impl Default for Metrics {
    /// All numbers at zero.
    fn default() -> Self {
        let registry = Registry::new();
        let (calls, connections) = (CallMetrics::new(&registry), ConnectionMetrics::new(&registry));
        let ledger = LedgerMetrics::new(&registry);
        Self { registry, calls, connections, ledger }
    }
}

impl Metrics {
    /// What measures the commits of a ledger, for [`increment_access::Options::on_commit`].
    pub fn commits(&self) -> impl Fn(Commit) + Send + 'static {
        let ledger = self.ledger.clone();
        move |commit| ledger.note(commit)
    }

    /// All that was measured.
    fn text(&self) -> String {
        let told = TextEncoder::new().encode_to_string(&self.registry.gather());
        told.expect("what was registered has a name and samples, and a string takes all text")
    }
}

/// Registers what can be measured.
fn registered<C: Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<C>) -> C {
    let collector = made.expect("names, labels and buckets are constants that fit the format");
    registry.register(Box::new(collector.clone())).expect("each name is registered once");
    collector
}
