//! grpcurl over gRPC.

use std::process::Command;

use anyhow::{Result, bail, ensure};
use xtask::run::{self, Captured};

use super::{
    contracts,
    expected::{COUNT_UP, INCREMENT, SERVICE, compact, prints},
    fixture::{Fixture, LIMIT, LONGEST_RUN, ca, output},
};

pub(super) fn lists_over_tls(fixture: &Fixture) -> Result<()> {
    prints(&output(&mut over_tls(fixture, &[], &["list"]))?, &contracts::services()?)
}

pub(super) fn lists_in_clear_text(fixture: &Fixture) -> Result<()> {
    let mut grpcurl = grpcurl(fixture);
    grpcurl.args(["-plaintext", &fixture.server.plaintext, "list"]);
    prints(&output(&mut grpcurl)?, &contracts::services()?)
}

pub(super) fn describes(fixture: &Fixture) -> Result<()> {
    let printed = output(&mut over_tls(fixture, &[], &["describe", SERVICE]))?;
    let expected = [
        "increment.v1.IncrementService is a service:",
        "  // Adds one to a number.",
        "  rpc Increment ( .increment.v1.IncrementRequest ) returns ( .increment.v1.IncrementResponse );",
    ];
    match expected.iter().find(|expected| !printed.lines().any(|line| line == **expected)) {
        None => Ok(()),
        Some(missing) => bail!("no line `{missing}` in `{printed}`"),
    }
}

pub(super) fn increments(fixture: &Fixture) -> Result<()> {
    calls(fixture, "Increment", INCREMENT)
}

pub(super) fn counts_up(fixture: &Fixture) -> Result<()> {
    calls(fixture, "CountUp", COUNT_UP)
}

pub(super) fn increments_many(fixture: &Fixture) -> Result<()> {
    let mut grpcurl = over_tls(fixture, &["-d", "@"], &[&method("IncrementMany")]);
    let captured = run::capture(LONGEST_RUN, &mut grpcurl, "{\"number\":1}\n{\"number\":\"-42\"}\n")?;
    let expected = r#"{"number":"1","result":"2"}{"number":"-42","result":"-41"}"#;
    prints(&format!("{}{}", compact(&captured.stdout), captured.stderr), expected)
}

pub(super) fn names_an_unknown_symbol(fixture: &Fixture) -> Result<()> {
    let mut grpcurl = over_tls(fixture, &[], &["describe", "increment.v1.Nothing"]);
    let Captured { status, stdout, stderr } = run::capture(LONGEST_RUN, &mut grpcurl, "")?;
    ensure!(!status.success(), "succeeds and prints `{stdout}`");
    let expected =
        r#"Failed to resolve symbol "increment.v1.Nothing": Symbol not found: increment.v1.Nothing"#;
    prints(&stderr, expected)
}

fn calls(fixture: &Fixture, name: &str, [request, response]: [&str; 2]) -> Result<()> {
    let mut grpcurl = over_tls(fixture, &["-d", request], &[&method(name)]);
    prints(&compact(&output(&mut grpcurl)?), response)
}

fn method(name: &str) -> String {
    format!("{SERVICE}/{name}")
}

/// Its `options` come before the address, its `words` after it.
fn over_tls(fixture: &Fixture, options: &[&str], words: &[&str]) -> Command {
    let mut grpcurl = grpcurl(fixture);
    grpcurl.arg("-cacert").arg(ca()).args(options).arg(fixture.server.address()).args(words);
    grpcurl
}

fn grpcurl(fixture: &Fixture) -> Command {
    let mut grpcurl = fixture.command(&fixture.tools.grpcurl);
    grpcurl.args(["-max-time", LIMIT]);
    grpcurl
}
