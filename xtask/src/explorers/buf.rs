//! `buf curl` over each of its protocols; its reflection uses the same one.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use xtask::run::{self, Captured};

use super::{
    contracts,
    expected::{COUNT_UP, INCREMENT, SERVICE, compact, prints},
    fixture::{Fixture, LIMIT, LONGEST_RUN, ca, output},
};

pub(super) fn lists(fixture: &Fixture, protocol: &str) -> Result<()> {
    let mut buf = buf(fixture, protocol);
    buf.arg("--list-methods").arg(fixture.url(""));
    prints(&output(&mut buf)?, &contracts::methods()?)
}

/// Also whether it is HTTP/2, which `--verbose` shows.
pub(super) fn increments(fixture: &Fixture, protocol: &str) -> Result<()> {
    let mut buf = call(fixture, protocol, "Increment", INCREMENT[0]);
    let Captured { stdout, stderr, .. } = run::capture(LONGEST_RUN, buf.arg("--verbose"), "")?;
    prints(&compact(&stdout), INCREMENT[1]).with_context(|| stderr.clone())?;
    ensure!(stderr.contains("ALPN: server accepted h2"), "no HTTP/2 in `{stderr}`");
    Ok(())
}

pub(super) fn counts_up(fixture: &Fixture, protocol: &str) -> Result<()> {
    let mut buf = call(fixture, protocol, "CountUp", COUNT_UP[0]);
    prints(&compact(&output(&mut buf)?), COUNT_UP[1])
}

fn call(fixture: &Fixture, protocol: &str, method: &str, request: &str) -> Command {
    let mut buf = buf(fixture, protocol);
    buf.args(["--data", request]).arg(fixture.url(&format!("{SERVICE}/{method}")));
    buf
}

fn buf(fixture: &Fixture, protocol: &str) -> Command {
    let mut buf = fixture.command(&fixture.tools.buf);
    buf.args(["curl", "--protocol", protocol, "--timeout", &format!("{LIMIT}s"), "--cacert"]).arg(ca());
    buf
}
