//! A server for one test, on free ports and with counts of its own.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use tempfile::TempDir;
use xtask::{process::Process, program::Program, project, run};

/// A server, killed when this value is dropped: what it acknowledged is on disk.
pub(crate) struct Server {
    _process: Process,
    /// Its port with TLS, on `localhost`: the certificate is for this name.
    pub(crate) port: u16,
    /// Its address without TLS.
    pub(crate) plaintext: String,
}

impl Server {
    /// Builds the server, and the client that prints its counts.
    pub(crate) fn build() -> Result<()> {
        let packages = ["--package", "increment-server", "--package", "increment-client"];
        run::run(run::cargo().args(["build", "--quiet"]).args(packages))
    }

    /// Starts it on `port`, 0 for a free one, with its counts in the folder `data`.
    pub(crate) fn start(port: u16, data: &Path) -> Result<Self> {
        Self::start_with(port, data, &[])
    }

    /// Starts it as [`Self::start`] does, with more options.
    pub(crate) fn start_with(port: u16, data: &Path, options: &[&str]) -> Result<Self> {
        let mut command = Command::new(project::program("increment-server"));
        command.current_dir(project::root()).arg("--data").arg(data);
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--plaintext-listen", "127.0.0.1:0"]);
        command.args(options);
        let program = Program::start(command)?;
        let port = program.wait_for("where it listens", |line| {
            line.strip_prefix("listening https://127.0.0.1:")?.parse().ok()
        })?;
        let plaintext = program.wait_for("where it listens without TLS", |line| {
            line.strip_prefix("listening http://").map(str::to_owned)
        })?;
        Ok(Self { _process: program.process, port, plaintext })
    }

    /// Its address with TLS.
    pub(crate) fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }
}

/// A folder for a server's counts and the like.
pub(crate) fn temporary_folder() -> Result<TempDir> {
    TempDir::new().context("no temporary folder")
}
