//! Metrics of the server, as Prometheus text.

mod calls;
mod connections;
mod register;
mod registry;
mod serve;

pub(crate) use self::{
    calls::{CallInFlight, CallMetrics, MethodMetrics, UNKNOWN_METHOD},
    connections::ConnectionMetrics,
    registry::{Metrics, Target, TextSource},
    serve::{MetricsRouter, serve},
};
