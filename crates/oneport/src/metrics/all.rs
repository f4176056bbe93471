//! All that is measured, as Prometheus text.

use std::{fmt, sync::Arc};

use prometheus::{Registry, TextEncoder};

use super::{calls::CallMetrics, connections::ConnectionMetrics};

/// All that is measured. A clone is cheap, and measures into the same numbers.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Appended to the text.
    others: Vec<Arc<dyn Fn() -> String + Send + Sync>>,
    pub(crate) calls: CallMetrics,
    pub(crate) connections: ConnectionMetrics,
}

impl Metrics {
    pub(crate) fn new(others: Vec<Arc<dyn Fn() -> String + Send + Sync>>) -> Self {
        let registry = Registry::new();
        let (calls, connections) = (CallMetrics::new(&registry), ConnectionMetrics::new(&registry));
        Self { registry, others, calls, connections }
    }

    /// The values of now.
    pub(super) fn text(&self) -> String {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather());
        let mut text = text.expect("what was registered has a name and samples, and a string takes all text");
        text.extend(self.others.iter().map(|other| other()));
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}
