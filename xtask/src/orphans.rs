//! Processes whose parent ended: on Linux they become ours, and are killed when the command that started them is done.

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

    /// From here on, a process below us whose parent ends becomes our child, whatever its group or session.
    pub(crate) fn adopt() {
        // Before Linux 3.4 there is no such thing.
        let _ = prctl::set_child_subreaper(true);
    }

    /// Kills every child of ours but `known`, until none is left; the names of the killed.
    pub(crate) fn kill_all_but(known: &[Pid]) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            let orphans: Vec<_> = children().into_iter().filter(|child| !known.contains(child)).collect();
            if orphans.is_empty() {
                return names;
            }
            for orphan in orphans {
                names.extend(name(orphan));
                let _ = kill(orphan, Signal::SIGKILL);
                // A zombie would be found again. Its own children are ours from then on.
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

    /// The program of a process; none for a zombie.
    fn name(process: Pid) -> Option<String> {
        let command_line = fs::read(format!("/proc/{process}/cmdline")).ok()?;
        let words = String::from_utf8_lossy(&command_line).replace('\0', " ");
        (!words.is_empty()).then(|| words.trim().to_owned())
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn adopt() {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn kill_all_but(_known: &[nix::unistd::Pid]) -> Vec<String> {
    Vec::new()
}
