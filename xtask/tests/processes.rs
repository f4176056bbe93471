//! `cargo xtask test` leaves no process behind, whether it comes to its end or is interrupted. A script takes the place
//! of cargo and leaves a process in a session of its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something fails")]

use std::{
    fs::{self, Permissions},
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

/// The step that runs `cargo fmt`.
const STEP: &str = "2";

/// Starts a process and prints its id.
const LEAVE_BEHIND: &str = "#!/bin/sh\nsetsid sleep 60 >&2 &\necho \"left $!\"\n";

#[test]
fn a_step_leaves_no_process_behind() {
    let mut xtask = Xtask::start(LEAVE_BEHIND);
    let left = xtask.left_behind();
    let rest = xtask.rest_of_output();
    assert!(rest.ends_with("\n1 passed, 0 failed\n"), "{rest}");
    assert!(xtask.child.wait().unwrap().success());
    assert!(is_gone(left));
}

#[test]
fn an_interrupted_step_leaves_no_process_behind() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut xtask = Xtask::start(&format!("{LEAVE_BEHIND}exec sleep 60\n"));
        let left = xtask.left_behind();
        kill(Pid::from_raw(xtask.child.id().try_into().unwrap()), signal).unwrap();
        let rest = xtask.rest_of_output();
        assert!(!rest.contains("passed"), "{rest}");
        assert_eq!(xtask.child.wait().unwrap().code(), Some(1), "after {signal}");
        assert!(is_gone(left), "after {signal}");
    }
}

/// `cargo xtask test` with one step and a script in place of cargo.
struct Xtask {
    child: Child,
    output: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Xtask {
    fn start(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let cargo = folder.path().join("cargo");
        fs::write(&cargo, script).unwrap();
        fs::set_permissions(&cargo, Permissions::from_mode(0o700)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["test", "--step", STEP]).env("CARGO", cargo).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output, _folder: folder }
    }

    /// The process that the script left behind.
    fn left_behind(&mut self) -> Pid {
        let mut lines = self.output.by_ref().lines().map(Result::unwrap);
        let id = lines.find_map(|line| line.strip_prefix("left ")?.parse().ok());
        Pid::from_raw(id.expect("the script prints an id"))
    }

    fn rest_of_output(&mut self) -> String {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Xtask {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn is_gone(process: Pid) -> bool {
    !Path::new(&format!("/proc/{process}")).exists()
}
