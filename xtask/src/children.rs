//! Programs that run beside each other and end together: what they print, their ends and a person's Ctrl-C
//! arrive one after the other as events. Must not know what the programs are.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{ChildStdout, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::{Outcome, run};

/// How long a program may take to end when asked; the server drains for at most 5 s.
const LONGEST_END: Duration = Duration::from_secs(8);

/// What happened.
pub(crate) enum Event {
    /// A person, or whoever started us, wants the end: SIGINT, SIGTERM or SIGHUP.
    Stop,
    /// A program whose output is read printed a line.
    Line(String),
    /// A program ended.
    Ended(&'static str, ExitStatus),
}

/// Why a group of programs ends.
pub(crate) enum End {
    /// It was asked to.
    Asked,
    /// Something went wrong.
    Failed(String),
}

impl From<String> for End {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// The programs, each the leader of a process group of its own: a Ctrl-C reaches us alone, and what a
/// program starts itself ends with it. None outlives this value.
pub(crate) struct Children {
    sender: Sender<Event>,
    events: Receiver<Event>,
    groups: Vec<(&'static str, Pid)>,
    running: usize,
}

impl Children {
    /// From here on, signals are events. Once in a process.
    pub(crate) fn new() -> Outcome<Self> {
        let (sender, events) = channel();
        let stop = sender.clone();
        // Nobody listens any more when we are ending already.
        ctrlc::set_handler(move || drop(stop.send(Event::Stop)))
            .map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
        Ok(Self { sender, events, groups: Vec::new(), running: 0 })
    }

    /// Starts `command`; its process. Its standard output arrives as lines when `output` is a pipe.
    pub(crate) fn start(&mut self, name: &'static str, mut command: Command, output: Stdio) -> Outcome<Pid> {
        command.stdin(Stdio::null()).stdout(output).process_group(0);
        let mut child = command.spawn().map_err(|error| run::cannot_start(&command, &error))?;
        let id = Pid::from_raw(i32::try_from(child.id()).expect("a process id fits pid_t"));
        self.groups.push((name, id));
        self.running += 1;
        if let Some(output) = child.stdout.take() {
            let sender = self.sender.clone();
            thread::spawn(move || read_lines(output, &sender));
        }
        let sender = self.sender.clone();
        thread::spawn(move || {
            let status = child.wait().expect("only this thread waits for the child");
            drop(sender.send(Event::Ended(name, status)));
        });
        Ok(id)
    }

    /// The next event; none when nothing happens for `patience`.
    pub(crate) fn next(&mut self, patience: Duration) -> Option<Event> {
        let event = self.events.recv_timeout(patience).ok();
        if let Some(Event::Ended(name, _)) = event {
            self.running -= 1;
            self.forget(name);
        }
        event
    }

    /// Runs `command` to its end, beside the others. Fails when it fails, or another program ends meanwhile.
    pub(crate) fn finish(&mut self, name: &'static str, command: Command) -> Result<(), End> {
        self.finish_into(name, command, Stdio::inherit())
    }

    /// As [`Self::finish`], its standard output going to `output`.
    pub(crate) fn finish_into(
        &mut self,
        name: &'static str,
        command: Command,
        output: Stdio,
    ) -> Result<(), End> {
        self.start(name, command, output)?;
        loop {
            match self.next(Duration::from_secs(1)) {
                Some(Event::Stop) => return Err(End::Asked),
                Some(Event::Ended(ended, status)) if ended == name && status.success() => return Ok(()),
                Some(Event::Ended(ended, status)) => return Err(ended_early(ended, status)),
                Some(Event::Line(line)) => run::note(&line),
                None => {}
            }
        }
    }

    /// Ends one program and what it started before the others, if it goes when asked.
    pub(crate) fn end_first(&mut self, name: &str) {
        let group = self.groups.iter().find(|(known, _)| *known == name).map(|(_, group)| *group);
        signal(group.as_slice(), Signal::SIGTERM);
        let latest = Instant::now() + LONGEST_END;
        let mut asked = false;
        while self.groups.iter().any(|(known, _)| *known == name) && Instant::now() < latest {
            asked |= matches!(self.next(Duration::from_millis(100)), Some(Event::Stop));
        }
        if asked {
            // Whoever waits next is to know.
            drop(self.sender.send(Event::Stop));
        }
    }

    /// Ends every program and what it started; who does not go when asked is killed.
    pub(crate) fn end(&mut self) {
        let asked: Vec<_> = self.groups.iter().map(|(_, group)| *group).collect();
        signal(&asked, Signal::SIGTERM);
        let latest = Instant::now() + LONGEST_END;
        while self.running > 0 && Instant::now() < latest {
            self.next(Duration::from_millis(100));
        }
        // A leader may be gone and what it started still be there.
        signal(&asked, Signal::SIGKILL);
        while self.running > 0 {
            self.next(Duration::from_millis(100));
        }
        self.groups.clear();
    }

    /// A program that ended takes what it started with it.
    fn forget(&mut self, name: &str) {
        let (gone, left): (Vec<_>, Vec<_>) = self.groups.drain(..).partition(|(known, _)| *known == name);
        self.groups = left;
        signal(&gone.into_iter().map(|(_, group)| group).collect::<Vec<_>>(), Signal::SIGTERM);
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.end();
    }
}

/// What to tell when a program ended that should have gone on.
pub(crate) fn ended_early(name: &str, status: ExitStatus) -> End {
    End::Failed(format!("{name} ended with {status}; what it says stands above"))
}

fn signal(groups: &[Pid], signal: Signal) {
    for group in groups {
        // A group without members is gone, which is what we want.
        let _ = killpg(*group, signal);
    }
}

fn read_lines(output: ChildStdout, sender: &Sender<Event>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if sender.send(Event::Line(line)).is_err() {
            return;
        }
    }
}
