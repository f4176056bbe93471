//! Progress of long steps: which run, for how long, and how long each took last time on this machine. On a terminal a
//! line that is updated each second, else a line at a step's start and one at its end.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use fs_err as fs;
use xtask::{print, project};

const SECOND: Duration = Duration::from_secs(1);
/// A step that took less had nothing to do: it is neither shown nor remembered.
const SHORTEST: Duration = Duration::from_secs(2);
/// Clears a terminal's line and goes to its start.
const CLEAR: &str = "\r\x1b[K";

/// The steps that run now, oldest first.
static RUNNING: Mutex<Vec<Step>> = Mutex::new(Vec::new());
/// Held while the file of times is rewritten.
static TIMES: Mutex<()> = Mutex::new(());

#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    started: Instant,
    last: Option<Duration>,
}

/// Runs `work`, a step whose name completes "building: …", and shows its progress.
pub(crate) fn step<T>(name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let times = project::target().join("demo-times");
    let step = Step { name, started: Instant::now(), last: last_time(&times, name) };
    lock(&RUNNING).push(step);
    let outcome = while_shown(step, work);
    lock(&RUNNING).retain(|running| running.name != name);
    let took = step.started.elapsed();
    if took >= SHORTEST {
        let end = if outcome.is_ok() { "done in" } else { "failed after" };
        clear();
        print::progress(&format!("building: {name}: {end} {}", minutes(took)));
        if outcome.is_ok() {
            remember(&times, name, took);
        }
    }
    outcome
}

/// Runs `work` while another thread shows what runs.
fn while_shown<T>(step: Step, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (end, ended) = channel::<()>();
        scope.spawn(move || {
            let mut is_announced = false;
            while ended.recv_timeout(SECOND) == Err(RecvTimeoutError::Timeout) {
                if step.started.elapsed() < SHORTEST {
                    continue;
                }
                if io::stderr().is_terminal() {
                    let _ = write!(io::stderr().lock(), "{CLEAR}{}", line(&lock(&RUNNING)));
                } else if !is_announced {
                    print::progress(&line(&[step]));
                }
                is_announced = true;
            }
        });
        let outcome = work();
        drop(end);
        outcome
    })
}

fn clear() {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr().lock(), "{CLEAR}");
    }
}

/// What runs, in a line.
fn line(steps: &[Step]) -> String {
    let steps = steps.iter().map(|step| {
        let so_far = minutes(step.started.elapsed());
        match step.last {
            Some(last) => format!("{} {so_far} (last time {})", step.name, minutes(last)),
            None => format!("{} {so_far}", step.name),
        }
    });
    format!("building: {}", steps.collect::<Vec<_>>().join(", "))
}

fn minutes(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

/// How long the step took last time, from a file with a line each: seconds and name.
fn last_time(times: &Path, name: &str) -> Option<Duration> {
    let text = fs::read_to_string(times).ok()?;
    let (seconds, _) = text.lines().filter_map(|line| line.split_once(' ')).find(|line| line.1 == name)?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// Not being able to is no failure.
fn remember(times: &Path, name: &str, took: Duration) {
    let _writing = lock(&TIMES);
    let text = fs::read_to_string(times).unwrap_or_default();
    let others = text.lines().filter(|line| line.split_once(' ').is_some_and(|(_, other)| other != name));
    let lines = others.map(str::to_owned).chain([format!("{} {name}", took.as_secs())]);
    let folder = times.parent().map_or(Ok(()), fs::create_dir_all);
    let _ = folder.and_then(|()| fs::write(times, lines.collect::<Vec<_>>().join("\n") + "\n"));
}

/// Nothing panics while it holds one of the locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_last_time_is_remembered_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let times = folder.path().join("target/times");
        assert_eq!(last_time(&times, "the server"), None);
        for (name, seconds) in [("the server", 200), ("Trunk", 61), ("the server", 99)] {
            remember(&times, name, Duration::from_secs(seconds));
        }
        assert_eq!(last_time(&times, "the server"), Some(Duration::from_secs(99)));
        assert_eq!(last_time(&times, "Trunk"), Some(Duration::from_secs(61)));
        fs::write(&times, "damaged\n\nx the server\n").unwrap();
        assert_eq!(last_time(&times, "the server"), None);
    }

    #[test]
    fn a_line_says_what_runs_how_long_and_how_long_last_time() {
        let started = Instant::now();
        let steps = [
            Step { name: "the server", started, last: Some(Duration::from_secs(220)) },
            Step { name: "Trunk", started, last: None },
        ];
        assert_eq!(line(&steps), "building: the server 0:00 (last time 3:40), Trunk 0:00");
    }
}
