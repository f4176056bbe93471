//! What the steps share: a temporary folder, the server, and a shell for the document's own commands. They name the
//! default ports; the server has free ones.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result};
use tempfile::TempDir;
use xtask::{path, process::Process, program::Program, project, run};

use crate::{
    server::{Server, temporary_folder},
    setup::python::Python,
};

/// The contract, from the top folder.
pub(super) const CONTRACT: &str = "proto/template_grpc.proto";

/// The reply to the call of every step.
pub(super) const REPLY: &str = "Send: 5681, Return: 5682";

/// The ports that the document names: with TLS, and without.
const DEFAULT_PORTS: [&str; 2] = ["5000", "5080"];

/// How long a command may take.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// How the document starts the server.
pub(super) const SERVE: &str = "\
increment-server --listen 127.0.0.1:5000 --plaintext-listen 127.0.0.1:5080 \\
    --key-log $TOUR/keys.log --data $TOUR/data";

/// The server and the folder; both are gone when this value is dropped.
pub(super) struct Fixture {
    _server: Process,
    shell: Shell,
    /// What the server printed when it was ready, with the default ports.
    pub(super) listening: String,
}

impl Fixture {
    /// Builds the programs and starts the server.
    pub(super) fn open() -> Result<Self> {
        Server::build()?;
        Python::ensure()?;
        let folder = temporary_folder()?;
        let mut shell = Shell { folder, ports: ["0".into(), "0".into()] };
        let server = Program::start(shell.command(SERVE))?;
        let [(tls, tls_port), (plaintext, plaintext_port)] = [listening(&server)?, listening(&server)?];
        shell.ports = [tls_port, plaintext_port];
        let [default_tls, default_plaintext] = DEFAULT_PORTS;
        let listening = format!("{tls}:{default_tls}\n{plaintext}:{default_plaintext}");
        Ok(Self { _server: server.process, shell, listening })
    }

    /// A command of the document, not yet started.
    pub(super) fn command(&self, line: &str) -> Command {
        self.shell.command(line)
    }

    /// Runs a command of the document; what it prints, trimmed. Fails with all of its output.
    pub(super) fn run(&self, line: &str) -> Result<String> {
        let captured = run::capture(LONGEST_RUN, &mut self.shell.command(line), "")?;
        captured.success().with_context(|| format!("`{line}`"))
    }

    /// A command of the document and what it prints, as the document shows them.
    pub(super) fn shown(&self, line: &str) -> Result<String> {
        Ok(format!("```sh\n{line}\n```\n\n```text\n{}\n```\n", self.run(line)?))
    }

    /// Whether `port` is one on which the server listens.
    pub(super) fn is_server(&self, port: &str) -> bool {
        self.shell.ports.iter().any(|known| known == port)
    }
}

/// Waits for a line like `listening http://127.0.0.1:40000`: what precedes the port, and the port.
fn listening(server: &Program) -> Result<(String, String)> {
    server.wait_for("where it listens", |line| {
        let (before, port) = line.strip_prefix("listening ").and(line.rsplit_once(':'))?;
        Some((before.to_owned(), port.to_owned()))
    })
}

/// Runs lines in the top folder, as a person's shell does.
struct Shell {
    folder: TempDir,
    /// Replace [`DEFAULT_PORTS`].
    ports: [String; 2],
}

impl Shell {
    fn command(&self, line: &str) -> Command {
        let ([default_tls, default_plaintext], [tls, plaintext]) = (DEFAULT_PORTS, &self.ports);
        // In one pass: a port may contain the digits of the other default one.
        let parts: Vec<_> =
            line.split(default_tls).map(|part| part.replace(default_plaintext, plaintext)).collect();
        let line = parts.join(tls);
        let mut shell = Command::new("sh");
        // The program replaces the shell.
        shell.current_dir(project::root()).arg("-c").arg(format!("exec {line}"));
        shell.env("PATH", path::with([project::target().join("debug")])).env("TOUR", self.folder.path());
        // Without a person's own settings.
        shell.env("WIRESHARK_CONFIG_DIR", self.folder.path().join("wireshark"));
        shell.env("INCREMENT_URL", format!("https://localhost:{tls}"));
        shell.env("INCREMENT_ADDRESS", format!("localhost:{tls}"));
        path::without_proxy(&mut shell);
        shell
    }
}
