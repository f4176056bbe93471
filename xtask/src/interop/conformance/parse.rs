//! Parses what the runner of Connect's conformance suite prints.

use std::collections::{BTreeMap, BTreeSet};

use super::results::{Conformance, Group, Http, Kind, Protocol, Tally};

/// Parses the output of the runner. None where it is not complete.
pub(super) fn results(printed: &str) -> Option<Conformance> {
    let total: usize = printed.lines().find_map(|line| line.strip_prefix("Total cases: "))?.parse().ok()?;
    let names: BTreeSet<_> = printed.lines().filter_map(started).collect();
    let failed: BTreeSet<_> = printed.lines().filter_map(failed).collect();
    let excepted: BTreeSet<_> = printed.lines().filter_map(excepted).collect();
    let mut groups = BTreeMap::new();
    for name in names.union(&failed) {
        let (group, kind) = parse(name)?;
        let tallies: &mut [Tally; Kind::ALL.len()] = groups.entry(group).or_default();
        let tally =
            Tally { ran: 1, failed: failed.contains(name).into(), excepted: excepted.contains(name).into() };
        tallies[kind as usize] = tallies[kind as usize].and(tally);
    }
    (names.union(&failed).count() == total).then(|| Conformance { groups, failures: failures(printed) })
}

fn started(line: &str) -> Option<&str> {
    line.strip_prefix("Sending request for \"")?.strip_suffix("\"...")
}

fn failed(line: &str) -> Option<&str> {
    let failed = line.strip_prefix("FAILED: ")?;
    failed.strip_suffix(':').or_else(|| failed.strip_suffix(" was expected to fail but did not"))
}

fn excepted(line: &str) -> Option<&str> {
    line.strip_prefix("INFO: ")?.strip_suffix(" failed (as expected):")
}

/// The failures with the details of each, in indented lines after the name.
fn failures(printed: &str) -> Vec<String> {
    let mut lines = printed.lines().peekable();
    let mut failures = Vec::new();
    while let Some(line) = lines.next() {
        let Some(failure) = line.strip_prefix("FAILED: ") else { continue };
        let mut failure = failure.to_owned();
        while let Some(reason) = lines.next_if(|line| line.starts_with('\t')) {
            failure.push('\n');
            failure.push_str(reason);
        }
        failures.push(failure);
    }
    failures
}

/// Parses a case's name: the suite, then what varies as `Name:VALUE`, then the case itself.
fn parse(name: &str) -> Option<(Group, Kind)> {
    let (suite, rest) = name.split_once('/')?;
    let parts: Vec<_> = rest.split('/').collect();
    let case_begins = parts.iter().position(|part| !part.contains(':'))?;
    let (variation, case) = parts.split_at(case_begins);
    let value = |name: &str| variation.iter().find_map(|part| part.strip_prefix(name)?.strip_prefix(':'));
    let is_grpc_go = case.first() == Some(&"(grpc client impl)");
    let protocol = match (value("Protocol"), suite.split(' ').next()?) {
        (Some("PROTOCOL_GRPC"), _) | (None, "gRPC") => Protocol::Grpc,
        (Some("PROTOCOL_GRPC_WEB"), _) | (None, "gRPC-Web") => Protocol::GrpcWeb,
        (Some("PROTOCOL_CONNECT"), _) | (None, "Connect") => Protocol::Connect,
        _ => return None,
    };
    let http = match value("HTTPVersion")? {
        "1" => Http::One,
        "2" => Http::Two,
        _ => return None,
    };
    let group = Group { protocol, http, is_tls: value("TLS")? == "true", is_grpc_go };
    Some((group, kind(&case[usize::from(is_grpc_go)..].join("/"))))
}

/// The kind of a case, by its name after its group; the default is unary.
fn kind(case: &str) -> Kind {
    match case.split('/').collect::<Vec<_>>()[..] {
        ["client-stream", ..] => Kind::ClientStream,
        ["server-stream", ..] => Kind::ServerStream,
        ["bidi-stream", "full-duplex", ..] => Kind::FullDuplex,
        ["bidi-stream", ..] => Kind::HalfDuplex,
        _ => Kind::Unary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_the_runner_is_parsed() {
        let first =
            "Basic/HTTPVersion:1/Protocol:PROTOCOL_GRPC_WEB/Codec:CODEC_PROTO/TLS:true/client-stream/success";
        let second =
            "gRPC Unexpected Requests/HTTPVersion:2/TLS:false/(grpc client impl)/bidi-stream/full-duplex/x";
        let third = "Connect with GET/HTTPVersion:2/TLS:false/success";
        let printed = format!(
            "Sending request for \"{first}\"...\nSending request for \"{second}\"...\n\
             Sending request for \"{third}\"...\nFAILED: {first}:\n\tbroken pipe\n\tno answer\n\n\
             INFO: {third} failed (as expected):\n\tno\nTotal cases: 3\n1 passed, 1 failed\n"
        );
        let results = results(&printed).expect("it is complete");
        assert_eq!(results.failures, [format!("{first}:\n\tbroken pipe\n\tno answer")]);
        let group = |protocol, http, is_tls, is_grpc_go| Group { protocol, http, is_tls, is_grpc_go };
        let tally = |failed, excepted| Tally { ran: 1, failed, excepted };
        let none = Tally::default();
        let expected = BTreeMap::from([
            (group(Protocol::Grpc, Http::Two, false, true), [none, none, none, none, tally(0, 0)]),
            (group(Protocol::GrpcWeb, Http::One, true, false), [none, tally(1, 0), none, none, none]),
            (group(Protocol::Connect, Http::Two, false, false), [tally(0, 1), none, none, none, none]),
        ]);
        assert_eq!(results.groups, expected);
    }

    #[test]
    fn an_incomplete_output_is_no_result() {
        assert!(results("Sending request for \"Basic/HTTPVersion:1/TLS:true/unary\"...\n").is_none());
    }
}
