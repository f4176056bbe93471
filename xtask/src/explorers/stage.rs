//! What the tools call: one server with counts of its own. Must not know what is called.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use super::tools::Tools;
use crate::{Outcome, ended, project, server::Server};

/// How long one call may take, in seconds.
pub(super) const LIMIT: &str = "20";

/// How long a tool may take, of which one waits for a browser.
pub(super) const LONGEST: Duration = Duration::from_secs(120);

/// The server and the tools; the server is gone with this value.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) tools: Tools,
    /// Where the tools run: a contract is nowhere near.
    folder: TempDir,
}

impl Stage {
    /// Makes sure that the tools are there, and starts the server.
    pub(super) fn open() -> Outcome<Self> {
        let tools = Tools::ensure()?;
        let folder = TempDir::new()
            .map_err(|error| format!("no folder for the server's counts and the tools: {error}"))?;
        Ok(Self { server: Server::start(0, &folder.path().join("data"))?, tools, folder })
    }

    /// Where `path` is on the server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.server.address())
    }

    /// A tool, whose calls stay on this machine.
    pub(super) fn command(&self, tool: &Path) -> Command {
        let mut command = Command::new(tool);
        command.current_dir(self.folder.path());
        command.env("NO_PROXY", "localhost,127.0.0.1,::1").env("no_proxy", "localhost,127.0.0.1,::1");
        command
    }
}

/// The file of the CA that vouches for the server.
pub(super) fn ca() -> PathBuf {
    project::root().join("certs/ca.pem")
}

/// Runs a tool and returns what it prints, trimmed. Fails with what it says.
pub(super) fn output(tool: &mut Command) -> Outcome<String> {
    ended::within(LONGEST, tool)?.success()
}
