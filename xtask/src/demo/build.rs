//! What the demo needs before it starts: the tools, and beside them the server and the crates of the page.

use std::{
    sync::OnceLock,
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use anyhow::Result;
use xtask::{process, run};

use super::server;
use crate::{page::trunk, progress, setup::cargo_tools};

/// How often to look whether all is built.
const POLL: Duration = Duration::from_millis(50);

/// Builds what is missing or old. A failure ends what is built beside it.
pub(crate) fn everything() -> Result<()> {
    cargo_tools::ensure_target()?;
    let failure = OnceLock::new();
    let note = |outcome: Result<()>| outcome.map_or_else(|error| drop(failure.set(error)), |()| ());
    thread::scope(|scope| {
        let builds = [scope.spawn(|| note(cargo_tools::ensure_tools())), scope.spawn(|| note(programs()))];
        while !builds.iter().all(ScopedJoinHandle::is_finished) {
            if failure.get().is_some() {
                process::end_all();
            }
            thread::sleep(POLL);
        }
    });
    failure.into_inner().map_or(Ok(()), Err)
}

/// One after the other: Cargo has one lock for both.
fn programs() -> Result<()> {
    progress::step("the server", || run::run(&mut server::build_command()))?;
    progress::step("the page", || run::run(&mut trunk::cargo_build()))
}
