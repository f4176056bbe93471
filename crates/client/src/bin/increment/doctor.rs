//! `increment doctor`: prints each step that succeeds, and the first problem with its explanation and remedies.

use std::error::Error;

use increment_client::{Diagnostics, DiagnosticsError, Finding};

use crate::{hints::OptionNames, output};

/// A problem was found and printed.
#[derive(Debug, thiserror::Error)]
#[error("a problem was found")]
pub(crate) struct ProblemFound;

/// Runs the diagnostics. Fails with [`ProblemFound`] if a step fails.
pub(crate) async fn print(diagnostics: Diagnostics, names: &OptionNames) -> Result<(), Box<dyn Error>> {
    match diagnostics.run(|line| output::print_now(format_args!("ok: {line}"))).await {
        Ok(()) => Ok(()),
        Err(DiagnosticsError::Finding(finding)) => {
            output::print_now(text(&finding, names))?;
            Err(ProblemFound.into())
        }
        Err(DiagnosticsError::Report(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
}

/// Returns title, explanation and observation, and a line for each remedy.
fn text(finding: &Finding, names: &OptionNames) -> String {
    let Finding { explanation, observed, .. } = finding;
    let hint = names.hint(finding).map(|hint| format!("; {hint}")).unwrap_or_default();
    let remedies: Vec<_> = explanation.remedies.iter().map(|remedy| format!("- {remedy}")).collect();
    let (title, meaning) = (explanation.title, explanation.explanation);
    format!("problem: {title}\n{meaning}\nobserved: {observed}{hint}\n{}", remedies.join("\n"))
}
