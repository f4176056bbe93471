//! Orphans: processes whose parent ended. On Linux this process adopts them, so that they can be killed.

#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(target_os = "linux")]
mod linux {
    use std::{collections::BTreeSet, fs};

    use nix::{
        sys::{
            prctl,
            signal::{Signal, kill},
            wait::waitpid,
        },
        unistd::Pid,
    };

    /// Makes this process the parent of every descendant whose parent ends, whatever its group or session.
    pub(crate) fn adopt() {
        // Before Linux 3.4 there is no such thing.
        let _ = prctl::set_child_subreaper(true);
    }

    /// Kills every child of this process but `known`, until none is left; returns their command lines.
    pub(crate) fn kill_all_but(known: &[Pid]) -> Vec<String> {
        let mut killed = Vec::new();
        loop {
            let orphans: Vec<_> = children().into_iter().filter(|child| !known.contains(child)).collect();
            if orphans.is_empty() {
                return killed;
            }
            for orphan in orphans {
                killed.extend(command_line(orphan));
                let _ = kill(orphan, Signal::SIGKILL);
                // A zombie would be found again. Its own children are adopted then.
                let _ = waitpid(orphan, None);
            }
        }
    }

    /// A child belongs to the thread that started it.
    fn children() -> BTreeSet<Pid> {
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        let ids = |list: String| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>();
        lists.flat_map(ids).map(Pid::from_raw).collect()
    }

    /// The command line of a process; none for a zombie.
    fn command_line(process: Pid) -> Option<String> {
        let words = fs::read(format!("/proc/{process}/cmdline")).ok()?;
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        (!words.is_empty()).then(|| words.trim().to_owned())
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn adopt() {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn kill_all_but(_known: &[nix::unistd::Pid]) -> Vec<String> {
    Vec::new()
}
