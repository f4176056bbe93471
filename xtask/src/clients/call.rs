//! One run of a client's program, from its start to its end and no longer than a limit. Must not know which
//! language it is.

use std::{
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::{Outcome, run};

/// How long a client may take: the slowest starts a browser, while all the others start, too.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// What a client's program did.
pub(crate) struct Run {
    /// Its exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Its standard output, trimmed.
    pub(crate) printed: String,
    /// Its standard error, trimmed.
    pub(crate) complained: String,
}

/// Runs `command` to its end. Fails when it does not start, or does not end in time.
pub(crate) fn finish(mut command: Command) -> Outcome<Run> {
    // A group of its own: what it started ends with it.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().map_err(|error| run::cannot_start(&command, &error))?;
    let group = Pid::from_raw(i32::try_from(child.id()).expect("a process id fits pid_t"));
    let (sender, end) = channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = end.recv_timeout(LONGEST_RUN).map_err(|_| {
        // It may have ended just now.
        let _ = killpg(group, Signal::SIGKILL);
        format!("{} does not end within {LONGEST_RUN:?}", run::describe(&command))
    })?;
    let output = output.map_err(|error| format!("{}: {error}", run::describe(&command)))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(Run { code: output.status.code(), printed: text(&output.stdout), complained: text(&output.stderr) })
}

impl Run {
    /// What it printed. Fails with what it complained about.
    pub(crate) fn success(self) -> Outcome<String> {
        if self.code == Some(0) { Ok(self.printed) } else { Err(self.complained) }
    }
}
