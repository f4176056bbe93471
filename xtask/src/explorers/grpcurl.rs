//! What grpcurl shows, over gRPC. Must not give it a contract.

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

pub(super) fn lists_over_tls(stage: &Stage) -> Outcome {
    tells(&output(&mut over_tls(stage, &[], &["list"]))?, &contracts::services()?)
}

pub(super) fn lists_in_clear_text(stage: &Stage) -> Outcome {
    let mut grpcurl = grpcurl(stage);
    grpcurl.args(["-plaintext", &stage.server.plaintext, "list"]);
    tells(&output(&mut grpcurl)?, &contracts::services()?)
}

pub(super) fn describes(stage: &Stage) -> Outcome {
    let told = output(&mut over_tls(stage, &[], &["describe", SERVICE]))?;
    let expected = [
        "increment.v1.IncrementService is a service:",
        "  // Adds one to a number.",
        "  rpc Increment ( .increment.v1.IncrementRequest ) returns ( .increment.v1.IncrementResponse );",
    ];
    match expected.iter().find(|expected| !told.lines().any(|line| line == **expected)) {
        None => Ok(()),
        Some(missing) => Err(format!("no line `{missing}` in `{told}`")),
    }
}

pub(super) fn increments(stage: &Stage) -> Outcome {
    calls(stage, "Increment", INCREMENT)
}

pub(super) fn counts_up(stage: &Stage) -> Outcome {
    calls(stage, "CountUp", COUNT_UP)
}

pub(super) fn increments_many(stage: &Stage) -> Outcome {
    let mut grpcurl = over_tls(stage, &["-d", "@"], &[&method("IncrementMany")]);
    let ended = ended::reading(LONGEST, &mut grpcurl, "{\"number\":1}\n{\"number\":\"-42\"}\n")?;
    let expected = r#"{"number":"1","result":"2"}{"number":"-42","result":"-41"}"#;
    tells(&format!("{}{}", compact(&ended.printed), ended.complained), expected)
}

pub(super) fn says_what_is_unknown(stage: &Stage) -> Outcome {
    let mut grpcurl = over_tls(stage, &[], &["describe", "increment.v1.Nothing"]);
    let Ended { status, printed, complained } = ended::within(LONGEST, &mut grpcurl)?;
    let expected =
        r#"Failed to resolve symbol "increment.v1.Nothing": Symbol not found: increment.v1.Nothing"#;
    if status.success() {
        Err(format!("is well and tells `{printed}`"))
    } else {
        tells(&complained, expected)
    }
}

fn calls(stage: &Stage, name: &str, [request, answer]: [&str; 2]) -> Outcome {
    let mut grpcurl = over_tls(stage, &["-d", request], &[&method(name)]);
    tells(&compact(&output(&mut grpcurl)?), answer)
}

fn method(name: &str) -> String {
    format!("{SERVICE}/{name}")
}

/// Its `options` come before the address, its `words` after it.
fn over_tls(stage: &Stage, options: &[&str], words: &[&str]) -> Command {
    let mut grpcurl = grpcurl(stage);
    grpcurl.arg("-cacert").arg(ca()).args(options).arg(stage.server.address()).args(words);
    grpcurl
}

fn grpcurl(stage: &Stage) -> Command {
    let mut grpcurl = stage.command(&stage.tools.grpcurl);
    grpcurl.args(["-max-time", LIMIT]);
    grpcurl
}
