//! A server with the services of the tests, in this process or in one of its own.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    reason = "each test program uses a part of it"
)]

mod client;
pub mod connect;
pub mod contract;
pub mod lifetime;
pub mod process;
mod server;

pub use self::{
    client::*,
    server::{ANY_PORT, Server, Setup, certificate},
};
