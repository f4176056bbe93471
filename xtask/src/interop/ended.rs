//! Programs that run to their end within a time limit. Must not know which.

use std::{
    fs::File,
    io::{self, Read, Seek},
    process::{Child, Command, ExitStatus, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{Outcome, run};

/// How often a program is asked whether it ended.
const ASK: Duration = Duration::from_millis(5);

/// A program that ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// All that it printed, on both outputs.
    pub(super) printed: String,
}

/// Runs `command` to its end. Fails when it does not start, or does not end in time.
pub(super) fn within(limit: Duration, command: &mut Command) -> Outcome<Ended> {
    let failed = |error: io::Error| format!("what a program prints cannot be kept: {error}");
    let mut printed = tempfile::tempfile().map_err(failed)?;
    let outputs = printed.try_clone().and_then(|out| Ok((out, printed.try_clone()?))).map_err(failed)?;
    command.stdin(Stdio::null()).stdout(outputs.0).stderr(outputs.1);
    let mut child = command.spawn().map_err(|error| run::cannot_start(command, &error))?;
    let status = end_of(&mut child, limit).map_err(|error| format!("{}: {error}", run::describe(command)))?;
    let printed = read(&mut printed).map_err(failed)?;
    let Some(status) = status else {
        return Err(format!("{} did not end within {limit:?}:\n{printed}", run::describe(command)));
    };
    Ok(Ended { status, printed })
}

/// How the program ends; none when it has to be killed.
fn end_of(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let latest = Instant::now() + limit;
    while Instant::now() < latest {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(ASK);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn read(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
