//! A test step: tools of other projects against one server. They have no contract and ask the server for it, by
//! reflection.

mod buf;
mod contracts;
mod curl;
mod expected;
mod fixture;
mod grpcui;
mod grpcurl;
pub(crate) mod tools;

use anyhow::{Result, ensure};

use self::{
    expected::{CALLS, SERVICE},
    fixture::Fixture,
};
use crate::{
    counts::{Counts, check},
    server::Server,
};

/// A check and its name. [`CALLS`] are the calls that reach the server.
type Test = (&'static str, fn(&Fixture) -> Result<()>);

const TESTS: [Test; 20] = [
    ("grpcurl lists every service over TLS", grpcurl::lists_over_tls),
    ("grpcurl lists every service in clear text", grpcurl::lists_in_clear_text),
    ("grpcurl describes a service in the contract's words", grpcurl::describes),
    ("grpcurl calls Increment", grpcurl::increments),
    ("grpcurl reads the stream of CountUp", grpcurl::counts_up),
    ("grpcurl sends IncrementMany a stream", grpcurl::increments_many),
    ("grpcurl names an unknown symbol", grpcurl::names_an_unknown_symbol),
    ("buf curl lists every method over gRPC", |fixture| buf::lists(fixture, "grpc")),
    ("buf curl lists every method over gRPC-Web", |fixture| buf::lists(fixture, "grpcweb")),
    ("buf curl lists every method over Connect", |fixture| buf::lists(fixture, "connect")),
    ("buf curl calls Increment over gRPC", |fixture| buf::increments(fixture, "grpc")),
    ("buf curl calls Increment over gRPC-Web", |fixture| buf::increments(fixture, "grpcweb")),
    ("buf curl calls Increment over Connect", |fixture| buf::increments(fixture, "connect")),
    ("buf curl reads the stream of CountUp over gRPC", |fixture| buf::counts_up(fixture, "grpc")),
    ("buf curl reads the stream of CountUp over gRPC-Web", |fixture| buf::counts_up(fixture, "grpcweb")),
    ("buf curl reads the stream of CountUp over Connect", |fixture| buf::counts_up(fixture, "connect")),
    ("curl calls Increment with JSON", curl::increments),
    ("curl gets the access counts with JSON", curl::gets_access_counts),
    ("grpcui's page calls Increment", grpcui::increments),
    ("their calls are in the table of accesses", calls_are_counted),
];

/// Runs the checks.
pub(crate) fn test() -> Counts {
    let fixture = match Server::build().and_then(|()| Fixture::open()) {
        Ok(fixture) => fixture,
        Err(reason) => return Err(reason).into(),
    };
    let mut counts = Counts::default();
    for (name, test) in TESTS {
        counts += check(name, test(&fixture));
    }
    counts
}

/// Whether the server counted the calls of the checks, each under the tool's protocol, and no other.
fn calls_are_counted(fixture: &Fixture) -> Result<()> {
    let table = curl::access_counts(fixture)?;
    let rows: Vec<_> = table.split_inclusive('}').filter(|row| row.contains(SERVICE)).collect();
    let expected = CALLS.map(|(method, protocol, count)| {
        format!(r#"{{"service":"{SERVICE}","method":"{method}","protocol":"{protocol}","count":"{count}"}}"#)
    });
    let is_same = rows.len() == expected.len()
        && rows.iter().zip(&expected).all(|(row, expected)| row.ends_with(expected.as_str()));
    ensure!(is_same, "the server counted {table}, not {}", expected.join(","));
    Ok(())
}
