//! All metrics, as Prometheus text.

use std::{fmt, sync::Arc};

use prometheus::{
    IntGauge, Opts, Registry, TextEncoder,
    proto::{Metric, MetricFamily},
};

use super::{calls::CallMetrics, connections::ConnectionMetrics, register::register};

/// The name and the version of the program, as `target_info` has them.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) service_name: String,
    pub(crate) service_version: String,
}

/// A source of metrics in Prometheus' text format.
pub(crate) type TextSource = Arc<dyn Fn() -> String + Send + Sync>;

/// All metrics. A clone is cheap, and records to the same series.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    /// Appended to the text.
    sources: Vec<TextSource>,
    pub(crate) calls: CallMetrics,
    pub(crate) connections: ConnectionMetrics,
}

impl Metrics {
    pub(crate) fn new(target: Option<&Target>, sources: Vec<TextSource>) -> Self {
        let registry = Registry::new();
        if let Some(target) = target {
            register_target(&registry, target);
        }
        register_process(&registry);
        let (calls, connections) = (CallMetrics::new(&registry), ConnectionMetrics::new(&registry));
        Self { registry, sources, calls, connections }
    }

    /// The current values.
    pub(super) fn text(&self) -> String {
        let mut families = self.registry.gather();
        families.iter_mut().flat_map(MetricFamily::mut_metric).for_each(remove_empty_labels);
        let text = TextEncoder::new().encode_to_string(&families);
        let mut text = text.expect("each registered metric has a name and samples");
        text.extend(self.sources.iter().map(|source| source()));
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// Removes labels without a value, which Prometheus treats as absent.
fn remove_empty_labels(metric: &mut Metric) {
    let mut labels = metric.take_label();
    labels.retain(|label| !label.value().is_empty());
    metric.set_label(labels);
}

/// The resource of OpenTelemetry, as its exporters for Prometheus name it
/// (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>).
fn register_target(registry: &Registry, target: &Target) {
    let info = Opts::new("target_info", "The program that is measured.")
        .const_label("service_name", &target.service_name)
        .const_label("service_version", &target.service_version);
    register(registry, IntGauge::with_opts(info)).set(1);
}

/// The process's CPU time, memory, threads and open files, as Prometheus' client libraries name them.
#[cfg(target_os = "linux")]
fn register_process(registry: &Registry) {
    let process = prometheus::process_collector::ProcessCollector::for_self();
    registry.register(Box::new(process)).expect("each name is registered once");
}

/// Other systems have no `/proc`.
#[cfg(not(target_os = "linux"))]
fn register_process(_: &Registry) {}
