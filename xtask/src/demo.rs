//! `cargo xtask demo`: the server and `trunk serve` beside each other until Ctrl-C; the page of either is loaded again
//! when its sources change.

pub(crate) mod options;
mod ready;
mod reload;

use std::{
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime},
};

use anyhow::{Result, bail};
use fs_err as fs;
use xtask::{
    print,
    process::{self, Process},
    program::Program,
    project, run,
};

use self::{
    options::Options,
    ready::{free_port, has_page, listening_port},
};
use crate::{
    doubling,
    page::{build::Build, sources, trunk},
    setup::{cargo_tools, python::Python},
};

const SERVER: &str = "increment-server";
/// The port without TLS of a server on its default port, if it is free: the page compares both.
const PLAINTEXT_PORT: u16 = 5080;
/// The time between two looks at the page's sources.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);
const READY_INTERVAL: Duration = Duration::from_millis(100);

/// Runs the demo until a signal ends it. Fails when one of its programs ends.
pub(crate) fn run(options: &Options) -> Result<()> {
    let page_port = free_port(options.page_port)?;
    cargo_tools::ensure()?;
    let python = options.with_python.then(Python::ensure).transpose()?;
    // One folder for each demo that runs; a killed one may have left its own.
    let folder = project::target().join("demo").join(page_port.to_string());
    let _ = fs::remove_dir_all(&folder);
    let mut demo = Demo { options, page_port, folder: &folder, programs: Vec::new() };
    let outcome = demo.start(python.as_ref()).and_then(|seen| demo.watch(seen));
    // Newest first: the last report of the doubling service needs the server.
    process::end_all();
    let _ = fs::remove_dir_all(&folder);
    if process::is_interrupted() { Ok(()) } else { outcome }
}

/// The demo and its programs.
struct Demo<'d> {
    options: &'d Options,
    page_port: u16,
    folder: &'d Path,
    programs: Vec<Process>,
}

impl Demo<'_> {
    /// Builds and starts everything; the time of the newest source of the page that was built.
    fn start(&mut self, python: Option<&Python>) -> Result<SystemTime> {
        let newest = sources::newest();
        if let Some(build) = Build::needed()? {
            run::run(&mut build.command()?)?;
            build.finish()?;
        }
        run::run(run::cargo().args(["build", "--quiet", "--package", SERVER]))?;

        reload::copy_page(&self.page())?;
        let server = Program::start(self.server())?;
        let listen_port = server.wait_for("where it listens", listening_port)?;
        self.programs.push(server.process);
        let doubling = python.map(|python| self.start_doubling(python, listen_port)).transpose()?;
        let mut trunk = trunk::serve(self.page_port, listen_port, self.folder)?;
        self.programs.push(Process::start(trunk.stdin(Stdio::null()))?);
        while !has_page(self.page_port) {
            self.ensure_running()?;
            thread::sleep(READY_INTERVAL);
        }
        announce(listen_port, self.page_port, doubling);
        Ok(newest)
    }

    /// Starts the doubling service and calls it once, which puts it into the table of accesses; its address.
    fn start_doubling(&mut self, python: &Python, listen_port: u16) -> Result<SocketAddr> {
        let port = if self.options.is_default_port() { doubling::DEFAULT_PORT } else { 0 };
        let mut service = doubling::serve(python, port, listen_port);
        if let Some(token) = self.options.server_value("--report-token") {
            service.arg("--report-token").arg(project::root().join(token));
        }
        let service = Program::start(service)?;
        let address = service.wait_for("where it listens", doubling::address)?;
        self.programs.push(service.process);
        run::run(&mut doubling::call(python, address, &["21"]))?;
        Ok(address)
    }

    /// Builds the release page whenever its sources change, for the server's page to load again.
    fn watch(&self, mut newest: SystemTime) -> Result<()> {
        let mut building: Option<(Build, Process)> = None;
        loop {
            self.ensure_running()?;
            if let Some((build, process)) = &building {
                if let Some(status) = process.try_wait()? {
                    if status.success() {
                        build.finish()?;
                        reload::copy_page(&self.page())?;
                    }
                    building = None;
                }
            } else if sources::newest() != newest {
                newest = sources::newest();
                if let Some(build) = Build::needed()? {
                    let process = Process::start(build.command()?.stdin(Stdio::null()))?;
                    building = Some((build, process));
                }
            }
            thread::sleep(WATCH_INTERVAL);
        }
    }

    fn ensure_running(&self) -> Result<()> {
        for program in &self.programs {
            if let Some(status) = program.try_wait()? {
                bail!("{} ended with {status}; its output is above", program.description());
            }
        }
        Ok(())
    }

    fn server(&self) -> Command {
        let options = self.options;
        let mut server = Command::new(project::program(SERVER));
        server.current_dir(project::root()).arg("--reload-page").arg("--page").arg(self.page());
        // On its default port, the server itself chooses its addresses and where its counts are.
        if options.is_default_port() {
            if !options.server_has("--plaintext-listen") && free_port(PLAINTEXT_PORT).is_ok() {
                server.arg("--plaintext-listen").arg(format!("127.0.0.1:{PLAINTEXT_PORT}"));
            }
        } else {
            server.arg("--listen").arg(format!("127.0.0.1:{}", options.listen_port));
            if !options.server_has("--data") {
                server.arg("--data").arg(self.folder.join("server-data"));
            }
        }
        // The page of `trunk serve` compares its own address with the server's.
        server.arg("--cors-origin").arg(format!("http://localhost:{}", self.page_port));
        server.args(&options.server);
        server
    }

    /// The folder of the server's page.
    fn page(&self) -> std::path::PathBuf {
        self.folder.join("page")
    }
}

fn announce(listen_port: u16, page_port: u16, doubling: Option<SocketAddr>) {
    let server = format!("https://localhost:{listen_port}");
    let page = format!("http://localhost:{page_port}");
    let doubling = doubling.map(|address| {
        let address = address.to_string();
        format!("    {address:<25} a second service, in Python: doubles, and reports its calls\n")
    });
    let doubling = doubling.unwrap_or_default();
    print::result(&format!(
        "\n  increment is running:\n\n    {server:<25} the server: page, gRPC and gRPC-Web\n    {page:<25} the page from \
         trunk serve, its calls going to the server\n{doubling}\n  Ctrl-C ends it all. A browser trusts the first once \
         certs/ca.pem is imported.\n"
    ));
}
