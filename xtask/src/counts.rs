//! How many tests passed and failed, read from what cargo's and Node's test runners print.

use std::{
    io::{BufRead, BufReader},
    ops::AddAssign,
    process::{Command, Stdio},
    thread,
};

use anyhow::{Result, anyhow, bail, ensure};
use xtask::{
    print,
    process::{self, Process, describe},
};

/// Tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
    }
}

impl From<Result<()>> for Counts {
    /// A check counts as one test; why it failed is printed.
    fn from(outcome: Result<()>) -> Self {
        match outcome {
            Ok(()) => Self { passed: 1, failed: 0 },
            Err(reason) => {
                print::progress(&format!("failed: {reason:#}"));
                Self { passed: 0, failed: 1 }
            }
        }
    }
}

/// One check with its name, which is printed with its outcome.
pub(crate) fn check(name: &str, outcome: Result<()>) -> Counts {
    if outcome.is_ok() {
        print::result(&format!("ok: {name}"));
    }
    outcome.map_err(|reason| anyhow!("{name}: {reason:#}")).into()
}

/// Runs a test runner, prints its lines and adds up its counts. A runner that fails without a failed test, or
/// succeeds without any test, counts as a failure.
pub(crate) fn run(command: &mut Command) -> Counts {
    let mut counts = Counts::default();
    let outcome = read(command, |line| {
        print::result(line);
        counts += in_line(line);
    });
    if let Err(reason) = verdict(counts, outcome, &describe(command)) {
        counts += Err(reason).into();
    }
    counts
}

/// Runs `command` to its end and hands each line of its output to `each`.
fn read(command: &mut Command, mut each: impl FnMut(&str) + Send) -> Result<()> {
    let process = Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let output = process.take_stdout().expect("the output is a pipe");
    let status = thread::scope(|scope| {
        scope.spawn(|| BufReader::new(output).lines().map_while(Result::ok).for_each(|line| each(&line)));
        let status = process.wait();
        // A process that remains would keep the pipe open.
        process.kill();
        process::end_orphans();
        status
    })?;
    ensure!(status.success(), "{} ended with {status}", process.description());
    Ok(())
}

/// What the end of `program` says beyond its counts.
fn verdict(counts: Counts, outcome: Result<()>, program: &str) -> Result<()> {
    match outcome {
        Err(_) if counts.failed > 0 => Ok(()),
        Ok(()) if counts.passed + counts.failed == 0 => bail!("{program} ran no test"),
        outcome => outcome,
    }
}

/// `test result: ok. 3 passed; 1 failed; ...` from cargo; `# pass 3`, `ℹ fail 1` and the like from Node.
fn in_line(line: &str) -> Counts {
    if let Some(result) = line.strip_prefix("test result: ") {
        return Counts { passed: number_before(result, "passed"), failed: number_before(result, "failed") };
    }
    let mut words = line.split(' ');
    match (words.next(), words.next(), words.next().and_then(|word| word.parse().ok()), words.next()) {
        (Some("#" | "ℹ"), Some("pass"), Some(passed), None) => Counts { passed, failed: 0 },
        (Some("#" | "ℹ"), Some("fail" | "cancelled"), Some(failed), None) => Counts { passed: 0, failed },
        _ => Counts::default(),
    }
}

fn number_before(text: &str, what: &str) -> u32 {
    let words: Vec<_> = text.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    let found = words.windows(2).find(|pair| pair[1] == what);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo_and_node_are_parsed() {
        let cargo = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(in_line(cargo), Counts { passed: 12, failed: 2 });
        assert_eq!(in_line("ℹ pass 31"), Counts { passed: 31, failed: 0 });
        assert_eq!(in_line("# fail 4"), Counts { passed: 0, failed: 4 });
        assert_eq!(in_line("ℹ cancelled 1"), Counts { passed: 0, failed: 1 });
        assert_eq!(in_line("# pass the salt"), Counts::default());
    }

    #[test]
    fn a_failed_runner_and_a_runner_without_tests_are_failures() {
        let counts = |passed, failed| Counts { passed, failed };
        let verdict = |counts, outcome: std::result::Result<(), &str>| {
            verdict(counts, outcome.map_err(|reason| anyhow!(reason.to_owned())), "`x`")
        };
        assert!(verdict(counts(2, 0), Ok(())).is_ok());
        assert_eq!(verdict(counts(2, 0), Err("ended")).unwrap_err().to_string(), "ended");
        assert!(verdict(counts(2, 1), Err("ended")).is_ok(), "counted already");
        assert_eq!(verdict(counts(0, 0), Ok(())).unwrap_err().to_string(), "`x` ran no test");
    }
}
