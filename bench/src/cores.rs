//! The cores of the servers and of the load. Figures are comparable where both have a core of their own.

use std::{ffi::OsStr, process::Command};

use anyhow::{Context, Result, bail};
use fs_err as fs;
use xtask::{path, print};

const TASKSET: &str = "taskset";

/// A core for the servers and another for the load; none where they share all.
pub(crate) struct Cores(Option<[String; 2]>);

impl Cores {
    /// Takes the first and the last core of this process. Prints why where there are no two.
    pub(crate) fn find() -> Self {
        let found = find();
        if let Err(reason) = &found {
            print::progress(&format!(
                "servers and load share the cores, so the figures are rough: {reason:#}"
            ));
        }
        Self(found.ok())
    }

    pub(crate) fn for_server(&self, program: impl AsRef<OsStr>) -> Command {
        pinned(self.0.as_ref().map(|[server, _]| server), program)
    }

    pub(crate) fn for_load(&self, program: impl AsRef<OsStr>) -> Command {
        pinned(self.0.as_ref().map(|[_, load]| load), program)
    }

    /// For a person.
    pub(crate) fn text(&self) -> String {
        match &self.0 {
            Some([server, load]) => format!("servers on core {server}, h2load on core {load}"),
            None => "servers and h2load share the cores: rough figures".into(),
        }
    }
}

fn find() -> Result<[String; 2]> {
    if path::find(TASKSET).is_none() {
        bail!("{TASKSET} is missing. Type: sudo apt-get install util-linux");
    }
    let text = fs::read_to_string("/proc/self/status")?;
    first_and_last(&text).context("there is one core only")
}

/// From the line `Cpus_allowed_list:`, whose value is like `0-3,8`.
fn first_and_last(status: &str) -> Option<[String; 2]> {
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut numbers = list.trim().split([',', '-']);
    Some([numbers.next()?.to_owned(), numbers.next_back()?.to_owned()])
}

/// `taskset` execs the program: both have the same process id.
fn pinned(core: Option<&String>, program: impl AsRef<OsStr>) -> Command {
    let Some(core) = core else { return Command::new(program) };
    let mut taskset = Command::new(TASKSET);
    taskset.args(["--cpu-list", core]).arg(program);
    taskset
}

#[cfg(test)]
mod tests {
    use xtask::process;

    use super::*;

    #[test]
    fn the_first_and_the_last_core_are_taken() {
        let found = |list: &str| {
            let found =
                first_and_last(&format!("Cpus_allowed:\t3\nCpus_allowed_list:\t{list}\nMems_allowed:\t1\n"));
            found.map(|[first, last]| format!("{first} {last}"))
        };
        assert_eq!(found("0-1").as_deref(), Some("0 1"));
        assert_eq!(found("2,5-7,12").as_deref(), Some("2 12"));
        assert_eq!(found("3"), None);
    }

    #[test]
    fn a_program_is_pinned_to_its_core() {
        let described = |cores: Cores| process::describe(cores.for_load("h2load").arg("-n"));
        assert_eq!(described(Cores(Some(["0".into(), "3".into()]))), "`taskset --cpu-list 3 h2load -n`");
        assert_eq!(described(Cores(None)), "`h2load -n`");
    }
}
