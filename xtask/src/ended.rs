//! One run of a program from its start to its end, and no longer than a limit. Must not know which program.

use std::{
    io::Write,
    os::unix::process::CommandExt,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::{Outcome, run};

/// What a program did.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Its standard output, trimmed.
    pub(crate) printed: String,
    /// Its standard error, trimmed.
    pub(crate) complained: String,
}

/// Runs `command` to its end. Fails when it does not start, or does not end in time.
pub(crate) fn within(limit: Duration, command: &mut Command) -> Outcome<Ended> {
    reading(limit, command, "")
}

/// The same with `input` to read, of a few lines at most.
pub(crate) fn reading(limit: Duration, command: &mut Command, input: &str) -> Outcome<Ended> {
    // A group of its own: what it started ends with it.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| run::cannot_start(command, &error))?;
    let group = Pid::from_raw(i32::try_from(child.id()).expect("a process id fits pid_t"));
    // A program that ends without reading tells why by itself; the pipe is closed here.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
    let (sender, end) = channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = end.recv_timeout(limit).map_err(|_| {
        // It may have ended just now.
        let _ = killpg(group, Signal::SIGKILL);
        format!("{} does not end within {limit:?}", run::describe(command))
    })?;
    let output = output.map_err(|error| format!("{}: {error}", run::describe(command)))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(Ended { status: output.status, printed: text(&output.stdout), complained: text(&output.stderr) })
}

impl Ended {
    /// What it printed. Fails with all that it said.
    pub(crate) fn success(self) -> Outcome<String> {
        if self.status.success() { Ok(self.printed) } else { Err(self.all()) }
    }

    /// All that it said.
    pub(crate) fn all(&self) -> String {
        format!("{}\n{}", self.printed, self.complained).trim().to_owned()
    }
}
