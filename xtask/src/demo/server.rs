//! The demo's server: built and restarted when its sources change. While it is built, the old one serves.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::SystemTime,
};

use anyhow::{Result, bail};
use fs_err as fs;
use xtask::{
    print,
    process::{Process, check_interrupt},
    program::Program,
    project, run,
};

use super::{
    options::Options,
    ports::{Ports, free_port, listening_port},
};
use crate::sources::SERVER as SOURCES;

const PACKAGE: &str = "increment-server";
/// The port without TLS of a server on its default port, if it is free: the page compares both.
const PLAINTEXT_PORT: u16 = 5080;

/// The server, and its build when there is one.
pub(crate) struct Server<'d> {
    options: &'d Options,
    ports: Ports,
    /// The demo's folder.
    folder: &'d Path,
    /// The folder of the page that it serves.
    page: &'d Path,
    /// None after a restart that failed.
    process: Option<Process>,
    build: Option<Process>,
    /// The time of the newest source that was built, or is being built.
    newest: SystemTime,
    /// The program that runs, by its time.
    program: Option<SystemTime>,
}

/// The command that builds the server.
pub(crate) fn build_command() -> Command {
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--package", PACKAGE]).stdin(Stdio::null());
    cargo
}

impl<'d> Server<'d> {
    /// A server that does not run yet; made before its first build, so that no change is missed.
    pub(crate) fn new(options: &'d Options, ports: Ports, folder: &'d Path, page: &'d Path) -> Self {
        let newest = SOURCES.newest();
        Self { options, ports, folder, page, process: None, build: None, newest, program: None }
    }

    /// Starts the server that was built, and waits until it listens.
    pub(crate) fn start(&mut self) -> Result<()> {
        self.program = time_of_program();
        let program = Program::start(self.command())?;
        program.wait_for("where it listens", listening_port)?;
        self.process = Some(program.process);
        Ok(())
    }

    /// Fails when it ended by itself.
    pub(crate) fn ensure_running(&self) -> Result<()> {
        if let Some(process) = &self.process
            && let Some(status) = process.try_wait()?
        {
            bail!("{} ended with {status}; its output is above", process.description());
        }
        Ok(())
    }

    /// Builds it when its sources changed; whether there is another program to restart it with.
    pub(crate) fn is_rebuilt(&mut self) -> Result<bool> {
        let Some(build) = &self.build else {
            let newest = SOURCES.newest();
            if newest != self.newest {
                self.newest = newest;
                self.build = Some(Process::start(&mut build_command())?);
            }
            return Ok(false);
        };
        let Some(status) = build.try_wait()? else { return Ok(false) };
        self.build = None;
        if !status.success() {
            print::progress(
                "the server's sources do not build, see above: the one that was built before serves on",
            );
        }
        // Of other crates' sources, Cargo makes no other server.
        Ok(status.success() && time_of_program() != self.program)
    }

    /// Ends the old server, which lets go of port and counts, and starts the one that was built. A failure is shown, and
    /// the next change of the sources tries again.
    pub(crate) fn restart(&mut self) -> Result<()> {
        if let Some(process) = self.process.take() {
            process.end()?;
        }
        match self.start() {
            Ok(()) => print::progress("the server was built from its changed sources and restarted"),
            Err(error) => {
                check_interrupt()?;
                print::progress(&format!("the changed server does not start: {error:#}"));
            }
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let Self { options, ports, .. } = self;
        let mut server = Command::new(project::program(PACKAGE));
        server.current_dir(project::root()).arg("--reload-page").arg("--page").arg(self.page);
        // On its default port, the server itself chooses its addresses and where its counts are.
        if options.is_default_port() {
            if !options.server_has("--plaintext-listen")
                && free_port(PLAINTEXT_PORT, "--plaintext-listen").is_ok()
            {
                server.arg("--plaintext-listen").arg(format!("127.0.0.1:{PLAINTEXT_PORT}"));
            }
        } else {
            server.arg("--listen").arg(format!("127.0.0.1:{}", ports.server));
            if !options.server_has("--data") {
                server.arg("--data").arg(self.folder.join("server-data"));
            }
        }
        // The page of `trunk serve` compares its own address with the server's.
        server.arg("--cors-origin").arg(format!("http://localhost:{}", ports.page));
        server.args(&options.server);
        server
    }
}

fn time_of_program() -> Option<SystemTime> {
    fs::metadata(project::program(PACKAGE)).and_then(|data| data.modified()).ok()
}
