//! A program that runs in the background and prints lines to wait for.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use crate::process::{Process, check_interrupt};

/// How long to wait for a line.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A program and the lines that it prints. Killed when this value is dropped.
pub struct Program {
    /// Its process.
    pub process: Process,
    lines: Receiver<String>,
}

impl Program {
    /// Starts `command`. Its lines are those of its standard output; its standard error is that of this process.
    pub fn start(mut command: Command) -> Result<Self> {
        Self::start_with(command.stderr(Stdio::inherit()))
    }

    /// Starts `command`. Its lines are those of its standard output and its standard error.
    pub fn start_quietly(mut command: Command) -> Result<Self> {
        Self::start_with(command.stderr(Stdio::piped()))
    }

    fn start_with(command: &mut Command) -> Result<Self> {
        let process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let (sender, lines) = channel();
        send_lines(process.take_stderr(), sender.clone());
        send_lines(process.take_stdout(), sender);
        Ok(Self { process, lines })
    }

    /// Waits for a line in which `read` finds `what`. Fails when that takes too long, or the program ends.
    pub fn wait_for<T>(&self, what: &str, mut read: impl FnMut(&str) -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            let line = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            check_interrupt()?;
            match line {
                Ok(line) => {
                    if let Some(found) = read(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    bail!("{} has not printed {what} for {LONGEST_WAIT:?}", self.process.description())
                }
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("{} ended before it printed {what}", self.process.description())
                }
            }
        }
    }

    /// Sends it SIGTERM and waits until it ended. Fails when it does not succeed.
    pub fn end(&self) -> Result<()> {
        let status = self.process.end()?;
        ensure!(status.success(), "{} ended with {status}", self.process.description());
        Ok(())
    }
}

fn send_lines(output: Option<impl Read + Send + 'static>, sender: Sender<String>) {
    let Some(output) = output else { return };
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // The receiver may be dropped; the program still needs its output read.
            let _ = sender.send(line);
        }
    });
}
