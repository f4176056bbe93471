//! `cargo xtask interop`: other people's protocol suites against the server's own stack, and the table of their
//! results, `docs/interop.md`. Must not know what the protocols are.

mod cases;
mod conformance;
mod document;
mod exceptions;
mod programs;

use std::fs;

use self::{cases::Cases, conformance::Conformance, exceptions::Exception, programs::Programs};
use crate::{Outcome, counts::Counts, project, run};

/// The document, from the top folder.
const DOCUMENT: &str = "docs/interop.md";

/// What the suites gave.
struct Results {
    cases: Cases,
    conformance: Conformance,
    exceptions: Vec<Exception>,
}

/// Runs all suites and says what they gave; writes the document when it `is_to_write`, else compares.
pub(crate) fn run(is_to_write: bool) -> Outcome {
    let counts = if is_to_write { counts(write) } else { test() };
    run::say(&format!("\n{} passed, {} failed", counts.passed, counts.failed));
    if counts.failed == 0 { Ok(()) } else { Err("not all of it passes; why stands above".into()) }
}

/// Runs all suites; fails too when the document says something else.
pub(crate) fn test() -> Counts {
    counts(compare)
}

/// Each case counts, and what is done with the document.
fn counts(with_document: fn(&str) -> Outcome) -> Counts {
    let (programs, results) = match Programs::build().and_then(|programs| Ok((results(&programs)?, programs)))
    {
        Ok((results, programs)) => (programs, results),
        Err(reason) => return Err(reason).into(),
    };
    let mut counts = results.cases.counts();
    counts += results.conformance.counts();
    counts += with_document(&document::of(&programs.versions, &results)).into();
    counts
}

fn results(programs: &Programs) -> Outcome<Results> {
    let exceptions = exceptions::read()?;
    let cases = cases::run(programs)?;
    let conformance = conformance::run(programs)?;
    Ok(Results { cases, conformance, exceptions })
}

fn compare(document: &str) -> Outcome {
    let written = fs::read_to_string(project::root().join(DOCUMENT)).unwrap_or_default();
    if written == document {
        return Ok(());
    }
    Err(format!("{DOCUMENT} is not what the suites gave now: `cargo xtask interop --write` writes it anew"))
}

fn write(document: &str) -> Outcome {
    fs::write(project::root().join(DOCUMENT), document).map_err(|error| format!("{DOCUMENT}: {error}"))
}
