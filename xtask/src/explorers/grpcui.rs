//! What grpcui shows, in a real browser: a page with a form for every method. Must not know how the page looks.

use std::{path::Path, process::Command};

use super::{
    INCREMENT, SERVICE, compact,
    stage::{Stage, ca, output},
    tells,
};
use crate::{Outcome, program::Program, project};

pub(super) fn increments(stage: &Stage) -> Outcome {
    let grpcui = Program::start_quietly(serve(stage))?;
    let page = grpcui.wait_for("where its page is", |line| {
        line.strip_prefix("gRPC Web UI available at ").map(|page| page.trim().to_owned())
    })?;
    let mut node = stage.command(Path::new("node"));
    node.arg(project::root().join("xtask/src/explorers/grpcui.mjs"));
    node.args([&page, SERVICE, "Increment", "number", "5681"]);
    tells(&compact(&output(&mut node)?), INCREMENT[1])
}

fn serve(stage: &Stage) -> Command {
    let mut grpcui = stage.command(&stage.tools.grpcui);
    grpcui.arg("-cacert").arg(ca()).args(["-open-browser=false", "-bind", "127.0.0.1", "-port", "0"]);
    grpcui.arg(stage.server.address());
    grpcui
}
