//! Servers for the tests of the program, on ports of their own.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses some of it")]

pub mod canned;
pub mod server;
pub mod tls_proxy;
