//! The CPU time of a process, from the clock by which the kernel shares the cores out. Must not know what the
//! process does.

use std::{collections::BTreeMap, ffi::OsString, fs, time::Duration};

use nix::unistd::Pid;

use crate::Outcome;

/// What each thread of a process has had so far.
pub(crate) struct Clock(BTreeMap<OsString, Duration>);

impl Clock {
    /// Reads it for the process `id`.
    pub(crate) fn read(id: Pid) -> Outcome<Self> {
        let folder = format!("/proc/{id}/task");
        let entries = fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}"))?;
        // A thread may end while we look.
        let threads: BTreeMap<_, _> = entries
            .flatten()
            .filter_map(|thread| {
                let schedstat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
                Some((thread.file_name(), time(&schedstat)?))
            })
            .collect();
        if threads.is_empty() {
            return Err(format!(
                "no thread in {folder} has a schedstat: this kernel does not tell CPU times"
            ));
        }
        Ok(Self(threads))
    }

    /// What was had since `before`. Fails when a thread ended: its time went with it.
    pub(crate) fn since(&self, before: &Self) -> Outcome<Duration> {
        if before.0.keys().any(|thread| !self.0.contains_key(thread)) {
            return Err("a thread of a server ended: its CPU time is lost, so nothing can be measured".into());
        }
        Ok(self.0.values().sum::<Duration>().saturating_sub(before.0.values().sum()))
    }
}

/// Nanoseconds on a core, then how long and how often the thread waited for one.
fn time(schedstat: &str) -> Option<Duration> {
    schedstat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(threads: &[(&str, u64)]) -> Clock {
        let time = |(id, time): &(&str, u64)| (id.into(), Duration::from_nanos(*time));
        Clock(threads.iter().map(time).collect())
    }

    #[test]
    fn the_first_number_is_the_time() {
        assert_eq!(time("38159758 299613 63\n"), Some(Duration::from_nanos(38_159_758)));
        assert_eq!(time(""), None);
    }

    #[test]
    fn threads_may_come_but_not_go() {
        let before = clock(&[("7", 100), ("8", 50)]);
        let after = clock(&[("7", 130), ("8", 50), ("9", 5)]);
        assert_eq!(after.since(&before), Ok(Duration::from_nanos(35)));
        assert!(before.since(&after).unwrap_err().starts_with("a thread of a server ended"));
    }

    #[test]
    fn our_own_time_can_be_read() {
        let clock = Clock::read(Pid::this()).unwrap();
        assert!(clock.0.values().sum::<Duration>() > Duration::ZERO);
    }
}
