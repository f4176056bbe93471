//! `cargo xtask demo` while it builds: server and tools at once, and a signal or a failure ends both. A script takes the
//! place of cargo; the project is an empty folder.

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

/// Prints what it is told to do, with its process id, and goes on for ever.
const CARGO: &str = "#!/bin/sh\necho \"$1 $$\"\nexec sleep 60\n";
/// Fails to build the server while it installs a tool; says whether that was ended early.
const FAILING_CARGO: &str = "#!/bin/sh
if test $1 = build; then until test -e $0.installs; do sleep 0.01; done; exit 1; fi
trap 'echo ended early; exit 1' TERM
touch $0.installs
sleep 60 & wait
";
/// Says where a standard library for browsers is.
const RUSTC: &str = "#!/bin/sh\necho \"${0%/*}/lib\"\n";
const LOCK: &str = "name = \"wasm-bindgen\"\nversion = \"0.2.1\"\n";

#[test]
fn a_signal_ends_the_builds_of_server_and_tools() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut demo = Demo::start(CARGO);
        let [build, install] = demo.builds();
        kill(Pid::from_raw(demo.child.id().try_into().unwrap()), signal).unwrap();
        assert_eq!(demo.child.wait().unwrap().code(), Some(0), "after {signal}");
        assert!(is_gone(&build) && is_gone(&install), "after {signal}");
    }
}

#[test]
fn a_failed_build_of_the_server_ends_that_of_the_tools() {
    let mut demo = Demo::start(FAILING_CARGO);
    assert_eq!(demo.child.wait().unwrap().code(), Some(1));
    let mut output = String::new();
    demo.output.read_to_string(&mut output).unwrap();
    assert_eq!(output, "ended early\n");
    let mut errors = String::new();
    demo.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    let error = errors.lines().last().unwrap();
    assert!(
        error.contains("build --quiet --package increment-server` ended with exit status: 1"),
        "{errors}"
    );
}

/// `cargo xtask demo` in an empty project.
struct Demo {
    child: Child,
    output: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Demo {
    fn start(cargo: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let programs = folder.path().join("bin");
        fs::create_dir_all(programs.join("lib")).unwrap();
        fs::write(programs.join("lib/libstd-0.rlib"), "").unwrap();
        fs::write(folder.path().join("Cargo.lock"), LOCK).unwrap();
        for (name, script) in [("cargo", cargo), ("rustc", RUSTC)] {
            fs::write(programs.join(name), script).unwrap();
            fs::set_permissions(programs.join(name), Permissions::from_mode(0o700)).unwrap();
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["demo", "--listen-port", "0", "--page-port", "0"]).stdin(Stdio::null());
        command.env("CARGO", programs.join("cargo")).env("CARGO_MANIFEST_DIR", folder.path().join("xtask"));
        command.env("PATH", format!("{}:/usr/bin:/bin", programs.display())).env_remove("CARGO_TARGET_DIR");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output, _folder: folder }
    }

    /// The processes that build the server and a tool, once both run.
    fn builds(&mut self) -> [String; 2] {
        let lines: Vec<_> = self.output.by_ref().lines().take(2).map(Result::unwrap).collect();
        let find = |what| lines.iter().find_map(|line| line.strip_prefix(what)).unwrap().trim().to_owned();
        [find("build "), find("install ")]
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn is_gone(process: &str) -> bool {
    !Path::new("/proc").join(process).exists()
}
