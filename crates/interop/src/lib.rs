//! The services that other people's protocol suites call, on the server's own stack. For tests alone: the one crate
//! that uses `increment-server` as a library. `cargo xtask interop` builds it and runs the suites.
#![cfg(feature = "suites")]

pub mod conformance;
pub mod contracts;
mod ending;
pub mod interop;
mod replies;
pub mod stack;
