//! `increment doctor`: prints what went well on the way to the server, and at the first trouble what it is and what to
//! do about it. Must not know how that is found out.

use std::error::Error;

use increment_client::{Checkup, CheckupError, Finding};

use crate::{hints::Names, output};

/// A trouble was found, and printed.
#[derive(Debug, thiserror::Error)]
#[error("there is a trouble")]
pub(crate) struct Found;

/// Prints a line for each step that went well. Fails with [`Found`] when one did not.
pub(crate) async fn print(checkup: Checkup, names: &Names) -> Result<(), Box<dyn Error>> {
    match checkup.run(|line| output::print_now(format_args!("ok: {line}"))).await {
        Ok(()) => Ok(()),
        Err(CheckupError::Found(finding)) => {
            output::print_now(told(&finding, names))?;
            Err(Found.into())
        }
        Err(CheckupError::Tell(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
}

/// The title, what it means, what was seen, and a line for each remedy.
fn told(finding: &Finding, names: &Names) -> String {
    let Finding { advice, seen, .. } = finding;
    let hint = names.hint(finding).map(|hint| format!("; {hint}")).unwrap_or_default();
    let remedies: Vec<_> = advice.remedies.iter().map(|remedy| format!("- {remedy}")).collect();
    format!("trouble: {}\n{}\nseen: {seen}{hint}\n{}", advice.title, advice.explanation, remedies.join("\n"))
}
