//! Processes, each the leader of a process group that ends with it. None remains when its [`Process`] is dropped, nor
//! after SIGINT, SIGTERM or SIGHUP, which end all of them.

use std::{
    io,
    process::{ChildStderr, ChildStdout, Command, ExitStatus},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, killpg},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::Pid,
};
use shared_child::SharedChild;

use crate::{orphans, print};

/// How long a process may take to end after SIGTERM; the server drains for at most 5 s.
const GRACE: Duration = Duration::from_secs(8);
/// How often a group is checked for processes.
const POLL: Duration = Duration::from_millis(20);

/// The processes that run now, oldest first.
static RUNNING: Mutex<Running> = Mutex::new(Running { is_interrupted: false, groups: Vec::new() });
/// Held by the thread that ends all of them.
static ENDING: Mutex<()> = Mutex::new(());

struct Running {
    is_interrupted: bool,
    groups: Vec<Group>,
}

/// A process group and its leader.
#[derive(Clone)]
struct Group {
    id: Pid,
    leader: Arc<SharedChild>,
}

/// Ends all processes on SIGINT, SIGTERM and SIGHUP, newest first; from then on, starting one and waiting for one fail.
/// On Linux, [`end_all`] and [`end_orphans`] reach processes in other groups, too. Called once, at the start of a program.
pub fn end_on_signals() -> Result<()> {
    orphans::adopt();
    ctrlc::set_handler(|| {
        let _ending = lock(&ENDING);
        running().is_interrupted = true;
        end_running();
    })
    .context("cannot handle SIGINT")
}

/// Whether a signal ended all processes.
pub fn is_interrupted() -> bool {
    running().is_interrupted
}

/// Ends all processes, newest first, and kills the orphans among their descendants.
pub fn end_all() {
    let _ending = lock(&ENDING);
    end_running();
}

fn end_running() {
    let groups = running().groups.clone();
    groups.iter().rev().for_each(Group::end);
    end_orphans();
}

/// Fails after a signal, when all processes have ended.
pub fn check_interrupt() -> Result<()> {
    if is_interrupted() {
        drop(lock(&ENDING));
        bail!("interrupted");
    }
    Ok(())
}

/// Kills the processes whose parents ended, and prints their command lines.
pub fn end_orphans() {
    let known: Vec<_> = running().groups.iter().map(|group| group.id).collect();
    for name in orphans::kill_all_but(&known) {
        print::progress(&format!("killed an orphaned process: {name}"));
    }
}

/// A process, the leader of a group of its own. The whole group is killed when this value is dropped.
pub struct Process {
    group: Group,
    description: String,
}

impl Process {
    /// Starts `command`. Fails when it does not start, and after an interrupt.
    pub fn start(command: &mut Command) -> Result<Self> {
        use std::os::unix::process::CommandExt;
        // The lock is held until the process is known: a signal finds either no process or a known one.
        let mut running = running();
        ensure!(!running.is_interrupted, "interrupted");
        let leader =
            SharedChild::spawn(command.process_group(0)).map_err(|error| cannot_start(command, error))?;
        let id = Pid::from_raw(i32::try_from(leader.id()).expect("a process id fits pid_t"));
        let group = Group { id, leader: Arc::new(leader) };
        running.groups.push(group.clone());
        Ok(Self { group, description: describe(command) })
    }

    /// The command as a person would type it.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Its process id.
    pub fn id(&self) -> Pid {
        self.group.id
    }

    /// Its standard output, once, if that is a pipe.
    pub fn take_stdout(&self) -> Option<ChildStdout> {
        self.group.leader.take_stdout()
    }

    /// Its standard error, once, if that is a pipe.
    pub fn take_stderr(&self) -> Option<ChildStderr> {
        self.group.leader.take_stderr()
    }

    /// Waits until it ends. Fails after an interrupt.
    pub fn wait(&self) -> Result<ExitStatus> {
        let status = self.group.leader.wait();
        self.unless_interrupted(status)
    }

    /// Waits until it ends, for at most `limit`.
    pub fn wait_timeout(&self, limit: Duration) -> Result<Option<ExitStatus>> {
        let status = self.group.leader.wait_timeout(limit);
        self.unless_interrupted(status)
    }

    /// Its exit status, once it ended.
    pub fn try_wait(&self) -> Result<Option<ExitStatus>> {
        let status = self.group.leader.try_wait();
        self.unless_interrupted(status)
    }

    /// Sends SIGTERM to the group and waits; kills what does not end. Returns the exit status of the process.
    pub fn end(&self) -> Result<ExitStatus> {
        self.group.end();
        self.group.leader.wait().with_context(|| self.description.clone())
    }

    /// Kills the group.
    pub fn kill(&self) {
        self.group.kill();
    }

    fn unless_interrupted<T>(&self, status: io::Result<T>) -> Result<T> {
        let status = status.with_context(|| self.description.clone())?;
        check_interrupt()?;
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        running().groups.retain(|group| group.id != self.group.id);
    }
}

impl Group {
    fn end(&self) {
        self.signal(Signal::SIGTERM);
        let deadline = Instant::now() + GRACE;
        let _ = self.leader.wait_deadline(deadline);
        while self.has_processes() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        self.kill();
    }

    fn kill(&self) {
        self.signal(Signal::SIGKILL);
        let _ = self.leader.wait();
    }

    /// Whether processes remain after the leader. Adopted ones that ended are reaped.
    fn has_processes(&self) -> bool {
        while waitpid(Pid::from_raw(-self.id.as_raw()), Some(WaitPidFlag::WNOHANG))
            .is_ok_and(|status| status.pid().is_some())
        {}
        killpg(self.id, None) != Err(Errno::ESRCH)
    }

    fn signal(&self, signal: Signal) {
        // Fails for a group without processes.
        let _ = killpg(self.id, signal);
    }
}

/// The command as a person would type it.
pub fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}

fn cannot_start(command: &Command, error: io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy();
    match error.kind() {
        io::ErrorKind::NotFound => anyhow!("{program} is not installed or not on PATH"),
        _ => anyhow!("{program} does not start: {error}"),
    }
}

fn running() -> MutexGuard<'static, Running> {
    lock(&RUNNING)
}

/// Nothing panics while it holds one of the locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
