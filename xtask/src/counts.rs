//! How many tests passed and failed, read from what cargo's and Node's test programs print. Must not know
//! which tests.

use std::{
    io::{BufRead, BufReader},
    ops::AddAssign,
    process::{Command, Stdio},
};

use crate::{Outcome, run};

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

impl From<Outcome> for Counts {
    /// A check counts as one test.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(()) => Self { passed: 1, failed: 0 },
            Err(reason) => {
                run::note(&format!("failed: {reason}"));
                Self { passed: 0, failed: 1 }
            }
        }
    }
}

/// Runs a program of tests, passes on what it prints and adds up its counts. One that ends badly without a
/// failed test, or well without any test, counts as a failure.
pub(crate) fn of(command: &mut Command) -> Counts {
    let mut counts = Counts::default();
    let outcome = read(command, |line| {
        run::say(line);
        counts += in_line(line);
    });
    if let Err(reason) = verdict(counts, outcome, &run::describe(command)) {
        counts += Err(reason).into();
    }
    counts
}

/// Runs `command` to its end and hands each line of its output to `each`.
fn read(command: &mut Command, mut each: impl FnMut(&str)) -> Outcome {
    let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = started.map_err(|error| run::cannot_start(command, &error))?;
    let output = child.stdout.take().expect("the output is a pipe");
    BufReader::new(output).lines().map_while(Result::ok).for_each(|line| each(&line));
    let status = child.wait().map_err(|error| format!("{}: {error}", run::describe(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", run::describe(command))) }
}

/// What the end of `program` says beyond its counts.
fn verdict(counts: Counts, outcome: Outcome, program: &str) -> Outcome {
    match outcome {
        Err(_) if counts.failed > 0 => Ok(()),
        Ok(()) if counts.passed + counts.failed == 0 => Err(format!("{program} ran no test")),
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
    fn the_lines_of_cargo_and_node_are_understood() {
        let cargo = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(in_line(cargo), Counts { passed: 12, failed: 2 });
        assert_eq!(in_line("ℹ pass 31"), Counts { passed: 31, failed: 0 });
        assert_eq!(in_line("# fail 4"), Counts { passed: 0, failed: 4 });
        assert_eq!(in_line("ℹ cancelled 1"), Counts { passed: 0, failed: 1 });
        assert_eq!(in_line("# pass the salt"), Counts::default());
    }

    #[test]
    fn a_bad_end_is_a_failure_and_so_is_no_test() {
        let counts = |passed, failed| Counts { passed, failed };
        let ended_badly = || Err("`x` ended with exit status: 1".to_owned());
        assert_eq!(verdict(counts(2, 0), Ok(()), "`x`"), Ok(()));
        assert_eq!(verdict(counts(2, 0), ended_badly(), "`x`"), ended_badly());
        assert_eq!(verdict(counts(2, 1), ended_badly(), "`x`"), Ok(()), "counted already");
        assert_eq!(verdict(counts(0, 0), Ok(()), "`x`"), Err("`x` ran no test".into()));
    }
}
