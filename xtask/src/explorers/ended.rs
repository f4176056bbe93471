//! One run of a tool to its end. Its own limit ends a tool that hangs. Must not know which tool.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::{Outcome, run};

/// What a tool did.
pub(super) struct Ended {
    /// Whether it says that all is well.
    pub(super) is_well: bool,
    /// Its standard output, trimmed.
    pub(super) printed: String,
    /// Its standard error, trimmed.
    pub(super) complained: String,
}

impl Ended {
    /// Runs `command` with `input` to read, of a few lines at most. Fails when it does not start.
    pub(super) fn after(command: &mut Command, input: &str) -> Outcome<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| run::cannot_start(command, &error))?;
        let mut stdin = child.stdin.take().expect("the input is a pipe");
        // A tool that ends without reading tells why by itself.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output =
            child.wait_with_output().map_err(|error| format!("{}: {error}", run::describe(command)))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        let (printed, complained) = (text(&output.stdout), text(&output.stderr));
        Ok(Self { is_well: output.status.success(), printed, complained })
    }
}

/// Runs `command` and returns what it prints, trimmed. Fails with what it complains about.
pub(super) fn output(command: &mut Command) -> Outcome<String> {
    let Ended { is_well, printed, complained } = Ended::after(command, "")?;
    if is_well { Ok(printed) } else { Err(format!("{printed}{complained}")) }
}
