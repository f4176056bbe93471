//! What the tools call: one server with counts of its own. Must not know what is called.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use super::tools::Tools;
use crate::{Outcome, project, server::Server};

/// The CA's certificate, from the top folder.
pub(super) const CA: &str = "certs/ca.pem";

/// How long one call may take, in seconds.
pub(super) const LIMIT: &str = "20";

/// The server and the tools; the server is gone with this value.
pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) tools: Tools,
    _data: TempDir,
}

impl Stage {
    /// Makes sure that the tools are there, and starts the server.
    pub(super) fn open() -> Outcome<Self> {
        let tools = Tools::ensure()?;
        let data = TempDir::new().map_err(|error| format!("no folder for the server's counts: {error}"))?;
        Ok(Self { server: Server::start(0, data.path())?, tools, _data: data })
    }

    /// Where `path` is on the server.
    pub(super) fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.server.address())
    }
}

/// A tool in the top folder, whose calls stay on this machine.
pub(super) fn command(tool: &Path) -> Command {
    let mut command = Command::new(tool);
    command.current_dir(project::root());
    command.env("NO_PROXY", "localhost,127.0.0.1,::1").env("no_proxy", "localhost,127.0.0.1,::1");
    command
}
