//! A program that runs beside a test and prints lines which the test waits for. Must not know which program.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{Outcome, run};

/// How long a test waits for a line.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A program, killed with this value.
pub(crate) struct Program {
    child: Child,
    description: String,
    lines: Receiver<String>,
}

impl Program {
    /// Starts it. What it says on the standard error is for a person, too.
    pub(crate) fn start(command: Command) -> Outcome<Self> {
        Self::start_and_tell(command, run::note)
    }

    /// Starts it, for nobody to read but the test.
    pub(crate) fn start_quietly(command: Command) -> Outcome<Self> {
        Self::start_and_tell(command, |_| {})
    }

    fn start_and_tell(mut command: Command, tell: fn(&str)) -> Outcome<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| run::cannot_start(&command, &error))?;
        let (sender, lines) = channel();
        pass_on(child.stderr.take(), sender.clone(), tell);
        pass_on(child.stdout.take(), sender, |_| {});
        Ok(Self { child, description: run::describe(&command), lines })
    }

    /// Waits for a line in which `read` finds something. Fails when that takes too long, or the program ends.
    pub(crate) fn wait_for<T>(&self, what: &str, mut read: impl FnMut(&str) -> Option<T>) -> Outcome<T> {
        let latest = Instant::now() + LONGEST_WAIT;
        loop {
            let line = self.lines.recv_timeout(latest.saturating_duration_since(Instant::now()));
            let line = line.map_err(|_| format!("{} does not say {what}", self.description))?;
            if let Some(found) = read(&line) {
                return Ok(found);
            }
        }
    }

    /// Asks it to end, and waits for that. Fails when that takes too long, or it ends badly.
    pub(crate) fn end(mut self) -> Outcome {
        let id = i32::try_from(self.child.id()).expect("a process id fits pid_t");
        let asked = kill(Pid::from_raw(id), Signal::SIGTERM);
        asked.map_err(|error| format!("cannot end {}: {error}", self.description))?;
        let latest = Instant::now() + LONGEST_WAIT;
        // Its last line comes before its end.
        while self.lines.recv_timeout(latest.saturating_duration_since(Instant::now())).is_ok() {}
        if Instant::now() >= latest {
            return Err(format!("{} does not end", self.description));
        }
        match self.child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{} ended with {status}", self.description)),
            Err(error) => Err(format!("{}: {error}", self.description)),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass_on(output: Option<impl Read + Send + 'static>, sender: Sender<String>, also: fn(&str)) {
    let lines = output.map(|output| BufReader::new(output).lines().map_while(Result::ok));
    thread::spawn(move || {
        for line in lines.into_iter().flatten() {
            also(&line);
            // Nobody may wait any more; the program goes on.
            drop(sender.send(line));
        }
    });
}
