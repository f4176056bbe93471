//! The duration of calls, after OpenTelemetry's conventions for RPC
//! (<https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>), and how many are in flight.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntGauge, Opts, Registry};
use tonic::Code;

use super::registered::registered;
use crate::protocol::Protocol;

/// The method of calls whose method is not registered.
pub(crate) const UNKNOWN_METHOD: &str = "_OTHER";

/// Upper bounds of the buckets of the duration, in seconds: those of the conventions.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

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

/// The metrics of all calls. A clone measures into the same numbers.
#[derive(Clone, Debug)]
pub(crate) struct CallMetrics {
    duration: HistogramVec,
    in_flight: IntGauge,
}

impl CallMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let duration = HistogramOpts::new(
            "rpc_server_call_duration_seconds",
            "Duration of calls, from the arrival of the request to the end of the response; CANCELLED where the caller cancelled.",
        );
        let labels = ["rpc_system_name", "rpc_method", "rpc_response_status_code", "oneport_protocol"];
        let in_flight = Opts::new("oneport_calls_in_flight", "Calls whose response has not ended.");
        Self {
            duration: registered(registry, HistogramVec::new(duration.buckets(SECONDS.to_vec()), &labels)),
            in_flight: registered(registry, IntGauge::with_opts(in_flight)),
        }
    }

    /// The metrics of a method, by its full name: `acme.orders.v1.OrderService/PlaceOrder`.
    pub(crate) fn method(&self, name: &str) -> MethodMetrics {
        MethodMetrics { metrics: self.clone(), method: name.to_owned(), durations: Default::default() }
    }
}

/// The metrics of one method. A series appears with its first call, and is then cached here.
#[derive(Debug)]
pub(crate) struct MethodMetrics {
    metrics: CallMetrics,
    method: String,
    /// By protocol and by the code of the status.
    durations: [[OnceLock<Histogram>; STATUSES.len()]; Protocol::ALL.len()],
}

impl MethodMetrics {
    /// A call that has just arrived.
    pub(crate) fn begin(self: &Arc<Self>, protocol: Protocol) -> CallInFlight {
        self.metrics.in_flight.inc();
        CallInFlight { method: Arc::clone(self), protocol, begin: Instant::now(), status: Code::Cancelled }
    }

    fn duration(&self, protocol: Protocol, status: Code) -> &Histogram {
        let code = status as usize;
        self.durations[protocol as usize][code].get_or_init(|| {
            let system = if protocol == Protocol::Connect { "connectrpc" } else { "grpc" };
            let labels = [system, &self.method, STATUSES[code], protocol.name()];
            self.metrics.duration.with_label_values(&labels)
        })
    }
}

/// A call in flight. Where it is dropped before its end, its caller has cancelled.
#[derive(Debug)]
pub(crate) struct CallInFlight {
    method: Arc<MethodMetrics>,
    protocol: Protocol,
    begin: Instant,
    status: Code,
}

impl CallInFlight {
    /// The call ended with this status.
    pub(crate) fn end(mut self, status: Code) {
        self.status = status;
    }
}

impl Drop for CallInFlight {
    fn drop(&mut self) {
        self.method.duration(self.protocol, self.status).observe(self.begin.elapsed().as_secs_f64());
        // Last: a reader that finds it ended finds it in the duration.
        self.method.metrics.in_flight.dec();
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
