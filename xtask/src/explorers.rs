//! Tools of other projects against one server, with no contract at hand: they ask it for its contracts, by reflection.
//! A test step; must not know how a tool is run.

mod buf;
mod contracts;
mod curl;
mod grpcui;
mod grpcurl;
mod stage;
mod tools;

use std::path::PathBuf;

use self::stage::Stage;
use crate::{Outcome, counts::Counts, run, server::Server};

/// What a test shows, and the test. [`CALLS`] tells which calls of theirs are counted.
type Test = (&'static str, fn(&Stage) -> Outcome);

const TESTS: [Test; 20] = [
    ("grpcurl lists every service over TLS", grpcurl::lists_over_tls),
    ("grpcurl lists every service in clear text", grpcurl::lists_in_clear_text),
    ("grpcurl describes a service in the contract's words", grpcurl::describes),
    ("grpcurl calls Increment", grpcurl::increments),
    ("grpcurl reads the stream of CountUp", grpcurl::counts_up),
    ("grpcurl sends IncrementMany a stream", grpcurl::increments_many),
    ("grpcurl says which name is unknown", grpcurl::says_what_is_unknown),
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

/// The service that the tools call.
const SERVICE: &str = "increment.v1.IncrementService";

/// A call of `Increment` and its answer, without white space.
const INCREMENT: [&str; 2] = [r#"{"number":"5681"}"#, r#"{"number":"5681","result":"5682"}"#];

/// A call of `CountUp` and its answers, without white space.
const COUNT_UP: [&str; 2] =
    [r#"{"start":"41","steps":"3"}"#, r#"{"result":"42"}{"result":"43"}{"result":"44"}"#];

/// The calls of [`SERVICE`] in [`TESTS`], by method and protocol, in the server's order.
const CALLS: [(&str, &str, usize); 7] = [
    ("CountUp", "connect", 1),
    ("CountUp", "grpc", 2),
    ("CountUp", "grpc-web", 1),
    ("Increment", "connect", 2),
    ("Increment", "grpc", 3),
    ("Increment", "grpc-web", 1),
    ("IncrementMany", "grpc", 1),
];

/// Makes sure that the tools are there that a person pastes into a shell; where they are.
pub(crate) fn ensure() -> Outcome<[PathBuf; 2]> {
    tools::Tools::ensure_callers().map(|_| tools::folders())
}

/// Runs the tests.
pub(crate) fn test() -> Counts {
    let stage = match Server::build().and_then(|()| Stage::open()) {
        Ok(stage) => stage,
        Err(reason) => return Err(reason).into(),
    };
    let mut counts = Counts::default();
    for (name, test) in TESTS {
        let outcome = test(&stage).map_err(|reason| format!("{name}: {reason}"));
        if outcome.is_ok() {
            run::say(&format!("ok: {name}"));
        }
        counts += outcome.into();
    }
    counts
}

/// Whether the server counted the calls of the tests, each under the tool's protocol, and no other.
fn calls_are_counted(stage: &Stage) -> Outcome {
    let table = curl::access_counts(stage)?;
    let told: Vec<_> = table.split_inclusive('}').filter(|row| row.contains(SERVICE)).collect();
    let expected = CALLS.map(|(method, protocol, count)| {
        format!(r#"{{"service":"{SERVICE}","method":"{method}","protocol":"{protocol}","count":"{count}"}}"#)
    });
    let is_same = told.len() == expected.len()
        && told.iter().zip(&expected).all(|(told, expected)| told.ends_with(expected.as_str()));
    if is_same { Ok(()) } else { Err(format!("the server tells {table}, not {}", expected.join(","))) }
}

/// Compares what a tool told with what it was to tell.
fn tells(told: &str, expected: &str) -> Outcome {
    if told == expected { Ok(()) } else { Err(format!("tells `{told}`, not `{expected}`")) }
}

/// JSON whose values hold no white space, without any: tools differ in how they indent.
fn compact(json: &str) -> String {
    json.split_whitespace().collect()
}
