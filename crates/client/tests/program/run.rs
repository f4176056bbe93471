//! Runs the program.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

pub(crate) fn increment<S: AsRef<OsStr>>(options: &[S], args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_increment"));
    command.args(options).args(args);
    command
}

/// Returns exit code, standard output and standard error.
pub(crate) fn outcome<S: AsRef<OsStr>>(options: &[S], args: &[&str]) -> (i32, String, String) {
    let output = increment(options, args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Asserts exit code 1 and one line on standard error. Returns that line.
pub(crate) fn failure<S: AsRef<OsStr>>(options: &[S], args: &[&str]) -> String {
    let (code, stdout, stderr) = outcome(options, args);
    assert_eq!((code, &*stdout), (1, ""), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

/// Starts `accesses --watch`. Returns the process and the lines that it prints.
pub(crate) fn watch(options: &[String], args: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = increment(options, &["accesses", "--watch"]);
    let mut child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
