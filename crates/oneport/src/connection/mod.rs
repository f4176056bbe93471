//! One connection from accept to close: TLS, HTTP, limits and shutdown. Step 4 of the path of a click.

mod closing;
mod error;
mod handshake;
mod http_builder;
mod read_budget;
mod registry;
mod serve;
mod service;
mod transport;

pub(crate) use self::{
    registry::{Registration, Registry},
    serve::ConnectionServer,
};
