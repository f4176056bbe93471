//! The services that other implementations' protocol suites call, served with oneport. For tests alone: `cargo xtask
//! interop` builds this crate and runs the suites.
#![cfg(feature = "suites")]

pub mod conformance;
pub mod contracts;
pub mod interop;
mod response_stream;
pub mod serve;
mod trailers;
