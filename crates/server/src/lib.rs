//! The demo's backend: the rule, the services, and what puts them on a port. Steps 5 and 6 of the path of a click. The
//! program `increment-server` parses its options and runs it; tests run it in process.
//!
//! The modules in reading order:

pub mod rule;
mod services;

mod demo;
mod lifecycle;
mod report_auth;

pub use self::{
    demo::{Demo, counted_methods},
    lifecycle::{FAILURE_GRACE, run_with_ledger},
};
