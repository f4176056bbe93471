//! grpcui in a real browser: a page with a form for every method.

use std::{path::Path, process::Command};

use anyhow::Result;
use xtask::{program::Program, project};

use super::{
    expected::{INCREMENT, SERVICE, compact, prints},
    fixture::{Fixture, ca, output},
};

pub(super) fn increments(fixture: &Fixture) -> Result<()> {
    let grpcui = Program::start_quietly(grpcui(fixture))?;
    let page = grpcui.wait_for("where its page is", |line| {
        line.strip_prefix("gRPC Web UI available at ").map(|page| page.trim().to_owned())
    })?;
    let mut node = fixture.command(Path::new("node"));
    node.arg(project::root().join("xtask/src/explorers/grpcui.mjs"));
    node.args([&page, SERVICE, "Increment", "number", "5681"]);
    prints(&compact(&output(&mut node)?), INCREMENT[1])
}

fn grpcui(fixture: &Fixture) -> Command {
    let mut grpcui = fixture.command(&fixture.tools.grpcui);
    grpcui.arg("-cacert").arg(ca()).args(["-open-browser=false", "-bind", "127.0.0.1", "-port", "0"]);
    grpcui.arg(fixture.server.address());
    grpcui
}
