//! Calls: counted when they end, timed from their arrival. Must not know how they travel.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use increment_access::Protocol;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};
use tonic::Code;

use super::{SECONDS, registered};

/// The statuses of calls by their codes, as gRPC names them.
const STATUSES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// What is measured of calls.
#[derive(Clone, Debug)]
pub(crate) struct CallMetrics {
    ended: IntCounterVec,
    duration: HistogramVec,
    in_flight: IntGauge,
}

impl CallMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let ended = Opts::new(
            "increment_calls_total",
            "gRPC calls that came to their end, by status; CANCELLED where the caller went away before.",
        );
        let duration = HistogramOpts::new(
            "increment_call_duration_seconds",
            "Time from the arrival of a gRPC call to the end of its answer, the wait for the ledger included.",
        );
        let duration = duration.buckets(SECONDS.to_vec());
        let in_flight =
            Opts::new("increment_calls_in_flight", "gRPC calls that arrived and have not come to their end.");
        let labels = ["service", "method", "protocol", "status"];
        Self {
            ended: registered(registry, IntCounterVec::new(ended, &labels)),
            duration: registered(registry, HistogramVec::new(duration, &labels[..3])),
            in_flight: registered(registry, IntGauge::with_opts(in_flight)),
        }
    }

    /// The calls of one method over one protocol.
    pub(crate) fn series(&self, service: &str, method: &str, protocol: Protocol) -> Series {
        Series {
            metrics: self.clone(),
            labels: [service.into(), method.into(), protocol.name().into()],
            duration: OnceLock::new(),
            ended: Default::default(),
        }
    }
}

/// The calls of one method over one protocol. Its numbers appear with the first call, and are then at hand.
#[derive(Debug)]
pub(crate) struct Series {
    metrics: CallMetrics,
    labels: [String; 3],
    duration: OnceLock<Histogram>,
    /// By the code of their status.
    ended: [OnceLock<IntCounter>; STATUSES.len()],
}

impl Series {
    /// A call that has just arrived.
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.metrics.in_flight.inc();
        UnderWay { series: Arc::clone(self), begin: Instant::now(), status: Code::Cancelled }
    }

    fn ended(&self, status: Code) -> &IntCounter {
        let code = status as usize;
        self.ended[code].get_or_init(|| {
            let [service, method, protocol] = &self.labels;
            self.metrics.ended.with_label_values(&[service, method, protocol, STATUSES[code]])
        })
    }

    fn duration(&self) -> &Histogram {
        self.duration.get_or_init(|| self.metrics.duration.with_label_values(&self.labels))
    }
}

/// A call under way. Where it is dropped before its end, its caller has gone away.
#[derive(Debug)]
pub(crate) struct UnderWay {
    series: Arc<Series>,
    begin: Instant,
    status: Code,
}

impl UnderWay {
    /// The call came to its end.
    pub(crate) fn end(mut self, status: Code) {
        self.status = status;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.series.duration().observe(self.begin.elapsed().as_secs_f64());
        self.series.ended(self.status).inc();
        // Last: who reads that it is over finds it counted.
        self.series.metrics.in_flight.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_named_as_grpc_names_them() {
        for (code, name) in STATUSES.iter().enumerate() {
            // tonic names the same in camel case.
            let camel = format!("{:?}", Code::from_i32(i32::try_from(code).unwrap()));
            assert_eq!(name.replace('_', ""), camel.to_uppercase());
        }
    }
}
