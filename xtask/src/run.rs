//! Runs a program to its end.

use std::{
    env,
    fs::File,
    io::{Read, Seek, Write},
    process::{Command, ExitCode, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    print,
    process::{self, Process, describe},
    project,
};

/// The `main` of a command: prints its error, ends all processes on a signal, and kills those that remain.
pub fn main(command: impl FnOnce() -> Result<()>) -> ExitCode {
    let outcome = process::end_on_signals().and_then(|()| command());
    process::end_all();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::progress(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The Cargo that runs this process, in the top folder.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(project::root());
    cargo
}

/// Runs `command`, with the output of this process. Fails when it does not start or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = Process::start(command.stdin(Stdio::null()))?.wait()?;
    ensure!(status.success(), "{} ended with {status}", describe(command));
    Ok(())
}

/// Runs `command` and returns its standard output, trimmed. Fails as [`run`] does.
pub fn output(command: &mut Command) -> Result<String> {
    let mut out = temporary_file()?;
    run(command.stdout(out.try_clone()?))?;
    read(&mut out)
}

/// Runs `command`; its output is shown only when it fails. Fails as [`run`] does.
pub fn run_quietly(command: &mut Command) -> Result<()> {
    let mut out = temporary_file()?;
    let outcome = run(command.stdout(out.try_clone()?).stderr(out.try_clone()?));
    if outcome.is_err() {
        print::progress(&read(&mut out)?);
    }
    outcome
}

/// Whether `command` runs and succeeds; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    run(command.stdout(Stdio::null()).stderr(Stdio::null())).is_ok()
}

/// What a program did.
pub struct Captured {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output, trimmed.
    pub stdout: String,
    /// Its standard error, trimmed.
    pub stderr: String,
}

/// Runs `command`, which reads `input`, for at most `limit`. Fails when it does not start, or does not end in time.
pub fn capture(limit: Duration, command: &mut Command, input: &str) -> Result<Captured> {
    // Files instead of pipes: an orphan that keeps one open blocks nothing.
    let [mut stdin, mut stdout, mut stderr] = [temporary_file()?, temporary_file()?, temporary_file()?];
    stdin.write_all(input.as_bytes()).and_then(|()| stdin.rewind())?;
    command.stdin(stdin).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    match Process::start(command)?.wait_timeout(limit)? {
        Some(status) => Ok(Captured { status, stdout: read(&mut stdout)?, stderr: read(&mut stderr)? }),
        None => bail!("{} does not end within {limit:?}", describe(command)),
    }
}

impl Captured {
    /// Its standard output. Fails with all of its output when the program failed.
    pub fn success(self) -> Result<String> {
        ensure!(self.status.success(), "{}", self.all());
        Ok(self.stdout)
    }

    /// All of its output.
    pub fn all(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr).trim().to_owned()
    }
}

fn temporary_file() -> Result<File> {
    tempfile::tempfile().context("no temporary file for a program's output")
}

fn read(file: &mut File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes))?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_outputs_are_captured() {
        let mut shell = Command::new("sh");
        let captured =
            capture(Duration::from_secs(60), shell.args(["-c", "cat; echo error >&2; exit 3"]), "input\n");
        let captured = captured.unwrap();
        assert_eq!((captured.stdout.as_str(), captured.stderr.as_str()), ("input", "error"));
        assert_eq!(captured.status.code(), Some(3));
        assert_eq!(captured.success().unwrap_err().to_string(), "input\nerror");
    }

    #[test]
    fn a_program_that_does_not_end_in_time_fails() {
        let error = capture(Duration::from_millis(1), Command::new("sleep").arg("60"), "").map(drop);
        assert_eq!(error.unwrap_err().to_string(), "`sleep 60` does not end within 1ms");
        let error = run(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "no-such-program is not installed or not on PATH");
    }
}
