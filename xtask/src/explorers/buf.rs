//! What `buf curl` shows, over each of its protocols: the reflection goes over the same. Must not give it a
//! contract.

use std::process::Command;

use super::{
    COUNT_UP, INCREMENT, SERVICE, compact, contracts,
    stage::{LIMIT, LONGEST, Stage, ca, output},
    tells,
};
use crate::{
    Outcome,
    ended::{self, Ended},
};

pub(super) fn lists(stage: &Stage, protocol: &str) -> Outcome {
    let mut buf = buf(stage, protocol);
    buf.arg("--list-methods").arg(stage.url(""));
    tells(&output(&mut buf)?, &contracts::methods()?)
}

/// Also whether it is HTTP/2, which its `--verbose` tells.
pub(super) fn increments(stage: &Stage, protocol: &str) -> Outcome {
    let mut buf = call(stage, protocol, "Increment", INCREMENT[0]);
    let Ended { printed, complained, .. } = ended::within(LONGEST, buf.arg("--verbose"))?;
    tells(&compact(&printed), INCREMENT[1]).map_err(|reason| format!("{reason}\n{complained}"))?;
    let is_http_2 = complained.contains("ALPN: server accepted h2");
    if is_http_2 { Ok(()) } else { Err(format!("no HTTP/2 in `{complained}`")) }
}

pub(super) fn counts_up(stage: &Stage, protocol: &str) -> Outcome {
    let mut buf = call(stage, protocol, "CountUp", COUNT_UP[0]);
    tells(&compact(&output(&mut buf)?), COUNT_UP[1])
}

fn call(stage: &Stage, protocol: &str, method: &str, request: &str) -> Command {
    let mut buf = buf(stage, protocol);
    buf.args(["--data", request]).arg(stage.url(&format!("{SERVICE}/{method}")));
    buf
}

fn buf(stage: &Stage, protocol: &str) -> Command {
    let mut buf = stage.command(&stage.tools.buf);
    buf.args(["curl", "--protocol", protocol, "--timeout", &format!("{LIMIT}s"), "--cacert"]).arg(ca());
    buf
}
