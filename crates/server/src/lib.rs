//! The server: one port that answers gRPC, gRPC-Web and the page's files. Steps 4 to 6 of a click's way.
//! Nothing else may use this crate.
//!
//! The modules in reading order:

mod connection;
pub mod listen;
pub mod serve;
pub mod tls;
mod worker;

pub mod app;
mod grpc;
pub mod page;

pub mod rule;
mod services;

mod metrics;

pub use self::{
    app::{App, counted_methods},
    grpc::{CallLimits, Offer},
    listen::Listeners,
    metrics::Metrics,
    serve::{LAST_WORDS, Limits, Parts, ServeError, run},
};
