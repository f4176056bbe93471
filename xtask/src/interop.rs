//! `cargo xtask interop`: other people's protocol suites against the server's own stack, and the table of their
//! results, `docs/interop.md`.

mod cases;
mod conformance;
mod document;
mod exceptions;
mod programs;

use anyhow::{Result, bail, ensure};
use fs_err as fs;
use xtask::{print, project};

use self::{
    document::Results,
    programs::{Programs, Versions},
};
use crate::counts::Counts;

/// The document, from the top folder.
const DOCUMENT: &str = "docs/interop.md";

/// Runs all suites and prints their counts; writes the document, or else compares it.
pub(crate) fn run(is_to_write: bool) -> Result<()> {
    let counts = counts(if is_to_write { write } else { compare });
    print::result(&format!("\n{} passed, {} failed", counts.passed, counts.failed));
    ensure!(counts.failed == 0, "not all of it passes; the reasons are above");
    Ok(())
}

/// Runs all suites; fails too when the document differs from the results.
pub(crate) fn test() -> Counts {
    counts(compare)
}

/// Each case counts, and what is done with the document.
fn counts(with_document: fn(&str) -> Result<()>) -> Counts {
    let (versions, results) = match results() {
        Ok(results) => results,
        Err(reason) => return Err(reason).into(),
    };
    let mut counts = results.cases.counts();
    counts += results.conformance.counts();
    counts += with_document(&document::render(&versions, &results)).into();
    counts
}

fn results() -> Result<(Versions, Results)> {
    let programs = Programs::build()?;
    let exceptions = exceptions::read()?;
    let cases = cases::run(&programs)?;
    let conformance = conformance::run(&programs)?;
    Ok((programs.versions, Results { cases, conformance, exceptions }))
}

fn compare(document: &str) -> Result<()> {
    if fs::read_to_string(project::root().join(DOCUMENT))? != document {
        bail!("{DOCUMENT} differs from these results: `cargo xtask interop --write` writes it anew");
    }
    Ok(())
}

fn write(document: &str) -> Result<()> {
    Ok(fs::write(project::root().join(DOCUMENT), document)?)
}
