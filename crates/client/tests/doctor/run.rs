//! Runs `increment doctor`.

use std::process::{Command, Output};

pub(crate) fn increment(command: &str, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_increment")).arg(command).args(options).output().unwrap()
}

/// Returns exit code and standard output, and asserts that nothing is on standard error.
pub(crate) fn doctor(options: &[&str]) -> (i32, String) {
    let output = increment("doctor", options);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// Asserts that this problem is found after `steps` successful steps. Returns the lines about it.
pub(crate) fn problem(options: &[&str], steps: usize, title: &str) -> String {
    let (code, printed) = doctor(options);
    assert_eq!(code, 1, "{printed}");
    let lines: Vec<_> = printed.lines().collect();
    assert!(lines.len() > steps + 3, "{printed}");
    assert!(lines[..steps].iter().all(|line| line.starts_with("ok: ")), "{printed}");
    assert_eq!(lines[steps], format!("problem: {title}"), "{printed}");
    assert!(lines[steps + 2].starts_with("observed: "), "{printed}");
    assert!(lines[steps + 3..].iter().all(|line| line.starts_with("- ")), "{printed}");
    lines[steps + 1..].join("\n")
}

/// Asserts that no problem is found. Returns the steps, without name resolution.
pub(crate) fn steps(options: &[&str]) -> Vec<String> {
    let (code, printed) = doctor(options);
    assert_eq!(code, 0, "{printed}");
    let lines = printed.lines().map(|line| line.strip_prefix("ok: ").unwrap().to_owned());
    lines.filter(|line| !line.contains("resolves to")).collect()
}
