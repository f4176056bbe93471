//! The server: one port that answers gRPC, gRPC-Web, Connect and the page's files. Steps 4 to 6 of a click's way.
//! Nothing else may use this crate but `increment-interop`, for tests.
//!
//! The modules in reading order:

mod activity;
mod closing;
mod connection;
mod fair;
mod host;
mod limits;
pub mod listen;
mod origin;
mod outbound;
mod peer;
mod registry;
mod requests;
pub mod serve;
pub mod tls;
mod transport;
mod worker;

pub mod app;
mod messages;
pub mod page;
mod probes;
mod reporters;
mod rest;
mod rpc;

pub mod rule;
mod services;

mod metrics;

mod accept_encoding;
mod response;

pub use self::{
    app::{App, counted_methods},
    host::{HostName, NotAHost},
    limits::Limits,
    listen::Listeners,
    messages::CallLimits,
    metrics::Metrics,
    origin::{NotAnOrigin, Origin},
    rpc::Offer,
    serve::{LAST_WORDS, Parts, ServeError, run},
};
