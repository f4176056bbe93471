//! The duration of calls, by the conventions of OpenTelemetry for RPC
//! (<https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/rpc/rpc-metrics.md>), and the calls in flight.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntGauge, Opts, Registry};
use tonic::Code;

use super::register::register;
use crate::{
    protocol::Protocol,
    status_code::{connect_name, grpc_name},
};

/// The method of calls whose method is not registered.
pub(crate) const UNKNOWN_METHOD: &str = "_OTHER";

/// Upper bounds of the buckets of the duration, in seconds: those of the conventions.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Of the conventions, except for the last one.
const LABELS: [&str; 5] =
    ["rpc_system_name", "rpc_method", "rpc_response_status_code", "error_type", "oneport_protocol"];

/// How many status codes there are.
const CODES: usize = 17;

/// The metrics of all calls. A clone records to the same series.
#[derive(Clone, Debug)]
pub(crate) struct CallMetrics {
    duration: HistogramVec,
    in_flight: IntGauge,
}

impl CallMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let duration = HistogramOpts::new(
            "rpc_server_call_duration_seconds",
            "Duration of calls, from the request's arrival to the end of the response; CANCELLED where the caller cancelled.",
        );
        let in_flight = Opts::new("oneport_calls_in_flight", "Calls whose response has not ended.");
        Self {
            duration: register(registry, HistogramVec::new(duration.buckets(SECONDS.to_vec()), &LABELS)),
            in_flight: register(registry, IntGauge::with_opts(in_flight)),
        }
    }

    /// The metrics of a method, by its full name: `acme.orders.v1.OrderService/PlaceOrder`.
    pub(crate) fn method(&self, name: &str) -> MethodMetrics {
        MethodMetrics { metrics: self.clone(), method: name.to_owned(), durations: Default::default() }
    }
}

/// The metrics of one method. A series is created by its first call, and cached.
#[derive(Debug)]
pub(crate) struct MethodMetrics {
    metrics: CallMetrics,
    method: String,
    /// By protocol and by status code.
    durations: [[OnceLock<Histogram>; CODES]; Protocol::ALL.len()],
}

impl MethodMetrics {
    /// A call that has just arrived.
    pub(crate) fn start(self: &Arc<Self>, protocol: Protocol) -> CallInFlight {
        self.metrics.in_flight.inc();
        CallInFlight { method: Arc::clone(self), protocol, start: Instant::now(), status: Code::Cancelled }
    }

    fn duration(&self, protocol: Protocol, status: Code) -> &Histogram {
        self.durations[protocol as usize][status as usize].get_or_init(|| {
            let name = status_name(protocol, status);
            let error = if is_error(status) { name } else { "" };
            let labels = [system_name(protocol), &self.method, name, error, protocol.name()];
            self.metrics.duration.with_label_values(&labels)
        })
    }
}

fn system_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Connect => "connectrpc",
        Protocol::Grpc | Protocol::GrpcWeb | Protocol::GrpcWebText => "grpc",
    }
}

/// The name of a status in its system. Connect has names for errors only; the conventions call success `OK` there too.
fn status_name(protocol: Protocol, status: Code) -> &'static str {
    match protocol {
        Protocol::Connect if status != Code::Ok => connect_name(status),
        _ => grpc_name(status),
    }
}

/// Whether a status is an error of the server, and no error of the caller alone: those of the conventions, in which gRPC and
/// Connect agree.
fn is_error(status: Code) -> bool {
    matches!(
        status,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// A call in flight. Where it is dropped before its end, its caller has cancelled.
#[derive(Debug)]
pub(crate) struct CallInFlight {
    method: Arc<MethodMetrics>,
    protocol: Protocol,
    start: Instant,
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
        self.method.duration(self.protocol, self.status).observe(self.start.elapsed().as_secs_f64());
        // Last: a reader that finds the call ended finds its duration.
        self.method.metrics.in_flight.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each code, as tonic names it in camel case.
    fn codes() -> impl Iterator<Item = (Code, String)> {
        (0..CODES)
            .map(|code| Code::from_i32(i32::try_from(code).unwrap()))
            .map(|code| (code, format!("{code:?}")))
    }

    #[test]
    fn statuses_of_grpc_have_the_names_of_grpc() {
        for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::GrpcWebText] {
            for (code, name) in codes() {
                assert_eq!(status_name(protocol, code).replace('_', ""), name.to_uppercase());
            }
        }
    }

    #[test]
    fn errors_of_connect_have_the_names_of_connect() {
        for (code, name) in codes().skip(1) {
            let name = name.to_lowercase().replace("cancelled", "canceled");
            assert_eq!(status_name(Protocol::Connect, code).replace('_', ""), name);
        }
        assert_eq!(status_name(Protocol::Connect, Code::Ok), "OK");
    }
}
