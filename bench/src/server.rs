//! The servers that are compared: the release build, each with its own ledger.

use std::path::{Path, PathBuf};

use anyhow::Result;
use xtask::{print, process::Process, program::Program, project, run};

use super::{clock::Clock, cores::Cores};

/// When a response is sent, as the server's option names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Durability {
    /// At once, and nothing is counted: the others are compared with it.
    Off,
    /// At once.
    Relaxed,
    /// When its access is committed.
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
}

/// A server that listens.
pub(crate) struct Server {
    pub(crate) durability: Durability,
    pub(crate) port: u16,
    process: Process,
}

/// Builds the release server.
pub(crate) fn build() -> Result<()> {
    print::progress("building the release server: 2 minutes on two cores, seconds where it is built");
    run::run(run::cargo().args(["build", "--quiet", "--release", "--package", "increment-server"]))
}

/// The folder of a server's ledger, in `folder`.
pub(crate) fn data(folder: &Path, durability: Durability) -> PathBuf {
    folder.join(durability.name())
}

impl Server {
    /// Starts it on a free port with its ledger in `data`, and waits until it listens.
    pub(crate) fn start(durability: Durability, data: &Path, cores: &Cores) -> Result<Self> {
        let mut server = cores.for_server(project::target().join("release/increment-server"));
        server.current_dir(project::root()).arg("--data").arg(data);
        server.args(["--listen", "127.0.0.1:0", "--log", "error", "--durability", durability.name()]);
        let program = Program::start(server)?;
        let port = program.wait_for("where it listens", |line| {
            line.strip_prefix("listening https://127.0.0.1:")?.parse().ok()
        })?;
        Ok(Self { durability, port, process: program.process })
    }

    pub(crate) fn clock(&self) -> Result<Clock> {
        Clock::read(self.process.id().as_raw())
    }

    /// Sends it SIGTERM, and waits until it ended.
    pub(crate) fn end(&self) -> Result<()> {
        self.process.end().map(drop)
    }
}
