//! The CPU time of a process, from the clock of the kernel's scheduler.

use std::{collections::BTreeMap, ffi::OsString, time::Duration};

use anyhow::{Result, bail};
use fs_err as fs;

/// The CPU time of each thread of a process so far.
pub(crate) struct Clock(BTreeMap<OsString, Duration>);

impl Clock {
    /// Reads it for the process `id`.
    pub(crate) fn read(id: i32) -> Result<Self> {
        let folder = format!("/proc/{id}/task");
        let entries = fs::read_dir(&folder)?;
        // A thread may end meanwhile.
        let threads: BTreeMap<_, _> = entries
            .flatten()
            .filter_map(|thread| {
                let schedstat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
                Some((thread.file_name(), time(&schedstat)?))
            })
            .collect();
        if threads.is_empty() {
            bail!("no thread in {folder} has a schedstat: this kernel has no CPU times");
        }
        Ok(Self(threads))
    }

    /// The CPU time since `before`. Fails when a thread ended: its time is lost.
    pub(crate) fn since(&self, before: &Self) -> Result<Duration> {
        if before.0.keys().any(|thread| !self.0.contains_key(thread)) {
            bail!("a thread of a server ended: its CPU time is lost, so nothing can be measured");
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
    fn the_first_number_of_schedstat_is_the_time() {
        assert_eq!(time("38159758 299613 63\n"), Some(Duration::from_nanos(38_159_758)));
        assert_eq!(time(""), None);
    }

    #[test]
    fn threads_may_start_but_not_end() {
        let before = clock(&[("7", 100), ("8", 50)]);
        let after = clock(&[("7", 130), ("8", 50), ("9", 5)]);
        assert_eq!(after.since(&before).unwrap(), Duration::from_nanos(35));
        assert!(before.since(&after).unwrap_err().to_string().starts_with("a thread of a server ended"));
    }

    #[test]
    fn the_time_of_this_process_is_read() {
        let clock = Clock::read(std::process::id().try_into().unwrap()).unwrap();
        assert!(clock.0.values().sum::<Duration>() > Duration::ZERO);
    }
}
