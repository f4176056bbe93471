//! The metrics that the server exports to Prometheus, and the address for them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]
#![allow(unreachable_pub, reason = "the modules of one test program")]

mod common;

#[path = "metrics/address.rs"]
mod address;
#[path = "metrics/calls.rs"]
mod calls;
#[path = "metrics/connect.rs"]
mod connect;
#[path = "metrics/connections.rs"]
mod connections;
#[path = "metrics/ledger.rs"]
mod ledger;
#[path = "metrics/process.rs"]
mod process;
#[path = "metrics/program.rs"]
mod program;
#[path = "metrics/samples.rs"]
mod samples;

use common::{Server, Setup, Wire, soon};
use oneport::Limits;
use tonic::Code;

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";

/// How many calls there were.
const COUNT: &str = "rpc_server_call_duration_seconds_count";

/// The protocols of gRPC, each with the number of its wires.
const PROTOCOLS: [(&str, u64); 3] = [("grpc", 1), ("grpc-web", 2), ("grpc-web-text", 1)];

/// The statuses that are errors of the server.
const ERRORS: [&str; 6] =
    ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"];

async fn measured(limits: Limits) -> Server {
    Server::with(Setup { limits, metrics: true, ..Setup::default() }).await
}

/// The labels of a call over a protocol of gRPC. A path without a slash is the method that is not registered.
fn labels(path: &str, protocol: &str, status: &str) -> String {
    let method = path.strip_prefix('/').unwrap_or(path);
    let error = if ERRORS.contains(&status) { format!(r#"error_type="{status}","#) } else { String::new() };
    format!(
        r#"{error}oneport_protocol="{protocol}",rpc_method="{method}",rpc_response_status_code="{status}",rpc_system_name="grpc""#
    )
}

/// Calls with a message, and expects this code.
async fn call(server: &Server, wire: Wire, path: &str, message: &[u8], code: Code) {
    let outcome = soon(server.call(wire, path, message)).await;
    assert_eq!(outcome.map_or_else(|status| status.code(), |_| Code::Ok), code, "{wire:?} {path}");
}
