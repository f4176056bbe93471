//! Renders the results as Markdown. Without times and dates: the document changes when a result does.

use super::{
    cases::{CLIENT_NAMES, Cases},
    conformance::results::{Conformance, Group, Http, Kind, Protocol, Tally},
    exceptions::Exception,
    programs::Versions,
};

/// The results of the suites.
pub(super) struct Results {
    pub(super) cases: Cases,
    pub(super) conformance: Conformance,
    pub(super) exceptions: Vec<Exception>,
}

/// The document.
pub(super) fn render(versions: &Versions, results: &Results) -> String {
    let Versions { grpc_go, grpc_java, conformance } = versions;
    let Results { cases, conformance: suite, exceptions } = results;
    format!(
        "\
# What other people's protocol suites say

`cargo xtask interop` runs them against the server's own stack, with their services in the place of ours, and
`cargo xtask interop --write` writes this file. A step of `cargo xtask test` fails when a case fails, and when this file
says something else.

## gRPC's interop tests

The [cases](https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md) that need nothing but a server,
by the clients of grpc-go {grpc_go} and grpc-java {grpc_java}, over TLS, which trust the server's CA.

{}
Left out are the cases about a cloud's credentials, about load balancing, about caching proxies, and those in which a
service decides message by message what is compressed: here the server does that, before a service sees a message.

## Connect's conformance suite

The [suite](https://github.com/connectrpc/conformance), {conformance}, whose own client, and in one row grpc-go's, calls
with messages in protobuf, over Connect in JSON too, plain and compressed with gzip and zstd. A number is of cases that
ran and passed.

{}
Left out are `application/grpc+json` and `application/grpc-web+json`, which the server does not offer; HTTP/3; other
compressions; client certificates.

JSON with a field that the message does not have is rejected with `invalid_argument`, which names the field. Protobuf's
[JSON mapping](https://protobuf.dev/programming-guides/json/) has parsers reject unknown fields by default, and so a
misspelt field is reported instead of ignored. The suite leaves this open; Connect's own implementation in Go ignores
them.

### Exceptions

{}",
        table_of_cases(cases),
        table_of_suite(suite),
        list_of_exceptions(exceptions),
    )
}

fn table_of_cases(cases: &Cases) -> String {
    let mut table = row(std::iter::once("case".into()).chain(CLIENT_NAMES.map(str::to_owned)));
    table += &rule(1 + CLIENT_NAMES.len());
    for (case, passed) in &cases.0 {
        let outcomes = passed.map(|passed| if passed { "passes" } else { "**fails**" }.into());
        table += &row(std::iter::once(format!("`{case}`")).chain(outcomes));
    }
    table
}

fn table_of_suite(suite: &Conformance) -> String {
    const HEAD: [&str; 9] = [
        "protocol",
        "HTTP",
        "TLS",
        "unary",
        "client stream",
        "server stream",
        "half duplex",
        "full duplex",
        "all",
    ];
    let mut table = row(HEAD.map(str::to_owned)) + &rule(HEAD.len());
    let mut sums = [Tally::default(); Kind::ALL.len() + 1];
    for (group, tallies) in &suite.groups {
        let all = tallies.iter().fold(Tally::default(), |all, tally| all.and(*tally));
        let tallies: Vec<_> = tallies.iter().copied().chain([all]).collect();
        sums.iter_mut().zip(&tallies).for_each(|(sum, tally)| *sum = sum.and(*tally));
        table += &row(names(group).into_iter().chain(tallies.iter().map(Tally::to_string)));
    }
    table + &row(["all", "", ""].map(str::to_owned).into_iter().chain(sums.iter().map(Tally::to_string)))
}

fn names(group: &Group) -> [String; 3] {
    let protocol = match group.protocol {
        Protocol::Grpc => "gRPC",
        Protocol::GrpcWeb => "gRPC-Web",
        Protocol::Connect => "Connect",
    };
    let client = if group.is_grpc_go { ", by grpc-go" } else { "" };
    let http = match group.http {
        Http::One => "1.1",
        Http::Two => "2",
    };
    [format!("{protocol}{client}"), http.into(), if group.is_tls { "yes" } else { "no" }.into()]
}

fn list_of_exceptions(exceptions: &[Exception]) -> String {
    if exceptions.is_empty() {
        return "None.\n".into();
    }
    let lines = exceptions.iter().map(|Exception { reason, patterns }| {
        let patterns: Vec<_> = patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
        format!("- {}: {reason}\n", patterns.join(", "))
    });
    lines.collect()
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<_> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | ")).replace("|  ", "| ")
}

fn rule(columns: usize) -> String {
    row(vec!["---".to_owned(); columns])
}
