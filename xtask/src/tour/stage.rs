//! Where the steps happen: a folder that is gone afterwards, the server, and a shell that runs the document's own
//! commands. They name the usual ports; the server has free ones. Must not know what is shown.

use std::{env, ffi::OsString, process::Command, time::Duration};

use tempfile::TempDir;

use crate::{Outcome, ended, program::Program, project, python::Python, server::Server};

/// The ports that the document names: with TLS, and without.
const USUAL_PORTS: [&str; 2] = ["5000", "5080"];

/// How long a command may take.
const LONGEST: Duration = Duration::from_secs(60);

/// How the document starts the server.
pub(super) const SERVE: &str = "\
increment-server --listen 127.0.0.1:5000 --plaintext-listen 127.0.0.1:5080 \\
    --key-log $TOUR/keys.log --data $TOUR/data";

/// The server and the folder; both are gone with this value.
pub(super) struct Stage {
    _server: Program,
    shell: Shell,
    /// What the server said when it was ready, the ports being the usual ones.
    pub(super) listening: String,
}

impl Stage {
    /// Builds the programs and starts the server.
    pub(super) fn open() -> Outcome<Self> {
        Server::build()?;
        Python::ensure()?;
        let folder = TempDir::new().map_err(|error| format!("no folder for the tour: {error}"))?;
        let mut shell = Shell { folder, ports: ["0".into(), "0".into()] };
        let server = Program::start(shell.command(SERVE))?;
        let [(tls, tls_port), (plaintext, plaintext_port)] = [listening(&server)?, listening(&server)?];
        shell.ports = [tls_port, plaintext_port];
        let [usual_tls, usual_plaintext] = USUAL_PORTS;
        let listening = format!("{tls}:{usual_tls}\n{plaintext}:{usual_plaintext}");
        Ok(Self { _server: server, shell, listening })
    }

    /// A command of the document, not yet started.
    pub(super) fn command(&self, line: &str) -> Command {
        self.shell.command(line)
    }

    /// Runs a command of the document; what it prints, trimmed. Fails with what it says.
    pub(super) fn run(&self, line: &str) -> Outcome<String> {
        let ended = ended::within(LONGEST, &mut self.shell.command(line))?;
        ended.success().map_err(|said| format!("`{line}`: {said}"))
    }

    /// A command of the document and what it prints, as the document shows them.
    pub(super) fn shown(&self, line: &str) -> Outcome<String> {
        Ok(format!("```sh\n{line}\n```\n\n```text\n{}\n```\n", self.run(line)?))
    }

    /// Whether `port` is one on which the server listens.
    pub(super) fn is_server(&self, port: &str) -> bool {
        self.shell.ports.iter().any(|known| known == port)
    }
}

/// Waits until it says `listening http://127.0.0.1:40000` or the like: what precedes the port, and the port.
fn listening(server: &Program) -> Outcome<(String, String)> {
    server.wait_for("where it listens", |line| {
        let (before, port) = line.strip_prefix("listening ").and(line.rsplit_once(':'))?;
        Some((before.to_owned(), port.to_owned()))
    })
}

/// Runs lines as a person's shell would in the top folder.
struct Shell {
    folder: TempDir,
    /// What stands for [`USUAL_PORTS`].
    ports: [String; 2],
}

impl Shell {
    fn command(&self, line: &str) -> Command {
        let ([usual_tls, usual_plaintext], [tls, plaintext]) = (USUAL_PORTS, &self.ports);
        // At one go: a port may hold the digits of the other usual one.
        let parts: Vec<_> =
            line.split(usual_tls).map(|part| part.replace(usual_plaintext, plaintext)).collect();
        let line = parts.join(tls);
        let mut shell = Command::new("sh");
        // The program in the shell's place: it is the one that gets our signals.
        shell.current_dir(project::root()).arg("-c").arg(format!("exec {line}"));
        shell.env("PATH", path()).env("TOUR", self.folder.path());
        // Nobody's own settings, which may change what is shown.
        shell.env("WIRESHARK_CONFIG_DIR", self.folder.path().join("wireshark"));
        shell.env("INCREMENT_URL", format!("https://localhost:{tls}"));
        shell.env("INCREMENT_ADDRESS", format!("localhost:{tls}"));
        shell.env("NO_PROXY", "localhost,127.0.0.1").env("no_proxy", "localhost,127.0.0.1");
        shell
    }
}

/// The person's, after the folder of the programs.
fn path() -> OsString {
    let programs = project::target().join("debug");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [programs].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).unwrap_or(path.clone())
}
