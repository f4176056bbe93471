//! The server that the tools call, with counts of its own, and how a tool is run.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Result;
use tempfile::TempDir;
use xtask::{path, project, run};

use super::tools::Tools;
use crate::server::{Server, temporary_folder};

/// How long one call may take, in seconds.
pub(super) const LIMIT: &str = "20";

/// How long a tool may take; one of them starts a browser.
pub(super) const LONGEST_RUN: Duration = Duration::from_secs(120);

/// The server and the tools; the server is killed when this value is dropped.
pub(super) struct Fixture {
    pub(super) server: Server,
    pub(super) tools: Tools,
    /// Where the tools run: no contract is near.
    folder: TempDir,
}

impl Fixture {
    /// Makes sure that the tools are there, and starts the server.
    pub(super) fn open() -> Result<Self> {
        let tools = Tools::ensure()?;
        let folder = temporary_folder()?;
        Ok(Self { server: Server::start(0, &folder.path().join("data"))?, tools, folder })
    }

    /// The URL of `path` on the server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.server.address())
    }

    /// A tool's command.
    pub(super) fn command(&self, tool: &Path) -> Command {
        let mut command = Command::new(tool);
        path::without_proxy(command.current_dir(self.folder.path()));
        command
    }
}

/// The file of the CA that issued the server's certificate.
pub(super) fn ca() -> PathBuf {
    project::root().join("certs/ca.pem")
}

/// Runs a tool and returns what it prints, trimmed. Fails with all of its output.
pub(super) fn output(tool: &mut Command) -> Result<String> {
    run::capture(LONGEST_RUN, tool, "")?.success()
}
