//! The `increment` program, run against a whole server in this process and against servers that fail in every way that it
//! distinguishes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a failed step fails the test")]

#[path = "../common/mod.rs"]
mod common;

mod accesses;
mod client_auth;
mod connection;
mod errors;
mod key_log;
mod relay;
mod run;
mod send;
mod streams;
mod timeouts;
mod variables;
mod wire;
mod wrong_use;
