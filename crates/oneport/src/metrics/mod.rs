//! What the server measures of itself, as Prometheus text.

mod all;
mod calls;
mod connections;
mod registered;
mod serve;

pub(crate) use self::{
    all::Metrics,
    calls::{CallInFlight, CallMetrics, MethodMetrics, UNKNOWN_METHOD},
    connections::ConnectionMetrics,
    serve::{MetricsRouter, serve},
};
