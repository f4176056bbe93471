//! The server: one port that answers gRPC, gRPC-Web, Connect and the page's files. Steps 4 to 6 of a click's way.
//! Nothing else may use this crate but `increment-interop`, for tests.
//!
//! The modules in reading order:

mod connection;
mod fair;
pub mod listen;
mod peer;
pub mod serve;
pub mod tls;
mod worker;

pub mod app;
mod messages;
pub mod page;
mod rest;
mod rpc;

pub mod rule;
mod services;

mod metrics;

pub use self::{
    app::{App, counted_methods},
    listen::Listeners,
    messages::CallLimits,
    metrics::Metrics,
    rpc::Offer,
    serve::{LAST_WORDS, Limits, Parts, ServeError, run},
};
