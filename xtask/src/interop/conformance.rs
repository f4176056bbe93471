//! Runs Connect's conformance suite.

mod parse;
pub(super) mod results;

use std::{process::Command, time::Duration};

use anyhow::{Result, bail};
use xtask::run;

use self::results::Conformance;
use super::programs::{self, Programs};

/// How long the runner may take.
const LIMIT: Duration = Duration::from_secs(300);

/// Runs the suite.
pub(super) fn run(programs: &Programs) -> Result<Conformance> {
    let mut runner = Command::new(&programs.conformance);
    // Only the most verbose form prints the names of the cases.
    runner.current_dir(programs::folder()).args(["--mode=server", "--vv", "--conf=conformance.yaml"]);
    runner.args(["--known-failing=@exceptions.txt", "--"]).arg(&programs.conformance_server);
    let captured = run::capture(LIMIT, &mut runner, "")?;
    let (status, printed) = (captured.status, captured.all());
    match parse::results(&printed) {
        Some(results) if status.success() || !results.failures.is_empty() => Ok(results),
        _ => bail!("the conformance runner ended with {status}: {}", last_lines(&printed)),
    }
}

/// What the runner prints after all cases.
fn last_lines(printed: &str) -> String {
    let lines: Vec<_> = printed.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
