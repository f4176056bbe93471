//! Registers metrics.

use prometheus::{Registry, core::Collector};

/// Registers a metric.
pub(super) fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<C>,
) -> C {
    let metric = metric.expect("names, labels and buckets are valid constants");
    registry.register(Box::new(metric.clone())).expect("each name is registered once");
    metric
}
