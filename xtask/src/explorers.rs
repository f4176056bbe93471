//! A test step: tools of other projects against one server. They have no contract and ask the server for it, by
//! reflection.

mod buf;
mod contracts;
mod curl;
mod expected;
mod grpcui;
mod grpcurl;
mod stage;
pub(crate) mod tools;

use anyhow::{Result, ensure};

use self::{
    expected::{CALLS, SERVICE},
    stage::Stage,
};
use crate::{
    counts::{Counts, check},
    server::Server,
};

/// A check and its name. [`CALLS`] are the calls that reach the server.
type Test = (&'static str, fn(&Stage) -> Result<()>);

const TESTS: [Test; 20] = [
    ("grpcurl lists every service over TLS", grpcurl::lists_over_tls),
    ("grpcurl lists every service in clear text", grpcurl::lists_in_clear_text),
    ("grpcurl describes a service in the contract's words", grpcurl::describes),
    ("grpcurl calls Increment", grpcurl::increments),
    ("grpcurl reads the stream of CountUp", grpcurl::counts_up),
    ("grpcurl sends IncrementMany a stream", grpcurl::increments_many),
    ("grpcurl names an unknown symbol", grpcurl::names_an_unknown_symbol),
    ("buf curl lists every method over gRPC", |stage| buf::lists(stage, "grpc")),
    ("buf curl lists every method over gRPC-Web", |stage| buf::lists(stage, "grpcweb")),
    ("buf curl lists every method over Connect", |stage| buf::lists(stage, "connect")),
    ("buf curl calls Increment over gRPC", |stage| buf::increments(stage, "grpc")),
    ("buf curl calls Increment over gRPC-Web", |stage| buf::increments(stage, "grpcweb")),
    ("buf curl calls Increment over Connect", |stage| buf::increments(stage, "connect")),
    ("buf curl reads the stream of CountUp over gRPC", |stage| buf::counts_up(stage, "grpc")),
    ("buf curl reads the stream of CountUp over gRPC-Web", |stage| buf::counts_up(stage, "grpcweb")),
    ("buf curl reads the stream of CountUp over Connect", |stage| buf::counts_up(stage, "connect")),
    ("curl calls Increment with JSON", curl::increments),
    ("curl gets the access counts with JSON", curl::gets_access_counts),
    ("grpcui's page calls Increment", grpcui::increments),
    ("their calls are in the table of accesses", calls_are_counted),
];

/// Runs the checks.
pub(crate) fn test() -> Counts {
    let stage = match Server::build().and_then(|()| Stage::open()) {
        Ok(stage) => stage,
        Err(reason) => return Err(reason).into(),
    };
    let mut counts = Counts::default();
    for (name, test) in TESTS {
        counts += check(name, test(&stage));
    }
    counts
}

/// Whether the server counted the calls of the checks, each under the tool's protocol, and no other.
fn calls_are_counted(stage: &Stage) -> Result<()> {
    let table = curl::access_counts(stage)?;
    let rows: Vec<_> = table.split_inclusive('}').filter(|row| row.contains(SERVICE)).collect();
    let expected = CALLS.map(|(method, protocol, count)| {
        format!(r#"{{"service":"{SERVICE}","method":"{method}","protocol":"{protocol}","count":"{count}"}}"#)
    });
    let is_same = rows.len() == expected.len()
        && rows.iter().zip(&expected).all(|(row, expected)| row.ends_with(expected.as_str()));
    ensure!(is_same, "the server counted {table}, not {}", expected.join(","));
    Ok(())
}
