//! The servers that are compared: the release build, each with its own ledger. Must not know what it is
//! measured with.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use nix::unistd::Pid;

use crate::{
    Outcome,
    children::{Children, End},
    project,
    ready::{listening_port, wait_for_line},
    run,
};

use super::{clock::Clock, cores::Cores};

/// When an answer leaves, as the server's option names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Durability {
    /// At once, and nothing is counted: what the others are compared with.
    Off,
    Relaxed,
    Strict,
}

/// All of them, in the order of every table.
pub(crate) const DURABILITIES: [Durability; 3] = [Durability::Off, Durability::Relaxed, Durability::Strict];

impl Durability {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Relaxed => "relaxed",
            Self::Strict => "strict",
        }
    }

    /// Its server's name.
    fn server(self) -> &'static str {
        match self {
            Self::Off => "increment-server --durability off",
            Self::Relaxed => "increment-server --durability relaxed",
            Self::Strict => "increment-server --durability strict",
        }
    }
}

/// A server that is ready.
pub(crate) struct Server {
    pub(crate) durability: Durability,
    id: Pid,
    pub(crate) port: u16,
}

/// Builds it as it is shipped.
pub(crate) fn build(children: &mut Children) -> Result<(), End> {
    run::note("building the release server: 2 minutes on two cores, seconds where it is built");
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "increment-server"]);
    children.finish("the server's build", cargo)
}

/// Its ledger below `folder`.
pub(crate) fn data(folder: &Path, durability: Durability) -> PathBuf {
    folder.join(durability.name())
}

impl Server {
    /// Starts it on a free port with its ledger in `data`, and waits until it listens.
    pub(crate) fn start(
        durability: Durability,
        data: &Path,
        cores: &Cores,
        children: &mut Children,
    ) -> Result<Self, End> {
        let mut server = cores.for_server(project::target().join("release/increment-server"));
        server.current_dir(project::root()).arg("--data").arg(data);
        server.args(["--listen", "127.0.0.1:0", "--log", "error", "--durability", durability.name()]);
        let id = children.start(durability.server(), server, Stdio::piped())?;
        let port = wait_for_line(children, listening_port)?;
        Ok(Self { durability, id, port })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.durability.server()
    }

    pub(crate) fn clock(&self) -> Outcome<Clock> {
        Clock::read(self.id)
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn end(&self, children: &mut Children) {
        children.end_first(self.name());
    }
}
