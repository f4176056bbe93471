//! Registering what is measured.

use prometheus::{Registry, core::Collector};

/// Registers a metric.
pub(super) fn registered<C: Collector + Clone + 'static>(
    registry: &Registry,
    made: prometheus::Result<C>,
) -> C {
    let collector = made.expect("names, labels and buckets are constants that fit the format");
    registry.register(Box::new(collector.clone())).expect("each name is registered once");
    collector
}
