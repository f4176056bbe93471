//! `cargo xtask demo`: the server and `trunk serve` beside each other until Ctrl-C. A change of the page's sources is
//! loaded at both addresses; one of the server's restarts it.

mod build;
pub(crate) mod options;
mod page;
mod ports;
mod server;

use std::{net::SocketAddr, path::Path, process::Stdio, thread, time::Duration};

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
    page::Page,
    ports::{Ports, has_page},
    server::Server,
};
use crate::{doubling, page::trunk, setup::python::Python};

/// The time between two looks at the sources, the page and the programs.
const WATCH_INTERVAL: Duration = Duration::from_millis(200);

/// Runs the demo until a signal ends it. Fails when one of its programs ends.
pub(crate) fn run(options: &Options) -> Result<()> {
    let ports = Ports::of(options)?;
    // One folder for each demo that runs; a killed one may have left its own.
    let folder = project::target().join("demo").join(ports.page.to_string());
    let _ = fs::remove_dir_all(&folder);
    let served = folder.join("page");
    let server = Server::new(options, ports, &folder, &served);
    let page = Page::new(trunk::dist(&folder), served.clone());
    let mut demo = Demo { options, ports, folder: &folder, page, server, trunk: None, doubling: None };
    let outcome = demo.start().and_then(|()| demo.watch());
    // Newest first: the last report of the doubling service needs the server.
    process::end_all();
    let _ = fs::remove_dir_all(&folder);
    if process::is_interrupted() { Ok(()) } else { outcome }
}

/// The demo and its programs.
struct Demo<'d> {
    options: &'d Options,
    ports: Ports,
    folder: &'d Path,
    page: Page,
    server: Server<'d>,
    trunk: Option<Process>,
    doubling: Option<Doubling>,
}

/// The second service.
struct Doubling {
    python: Python,
    address: SocketAddr,
    process: Process,
}

impl Demo<'_> {
    /// Builds and starts everything.
    fn start(&mut self) -> Result<()> {
        build::everything()?;
        let python = self.options.with_python.then(Python::ensure).transpose()?;
        let mut trunk = trunk::serve(self.ports.page, self.ports.server, self.folder)?;
        self.trunk = Some(Process::start(trunk.stdin(Stdio::null()))?);
        self.wait_for_page()?;
        self.server.start()?;
        if let Some(python) = python {
            let port = if self.options.is_default_port() { doubling::DEFAULT_PORT } else { 0 };
            let doubling = self.start_doubling(python, port)?;
            // A call puts it into the table of accesses.
            run::run(&mut doubling::call(&doubling.python, doubling.address, &["21"]))?;
            self.doubling = Some(doubling);
        }
        self.announce();
        Ok(())
    }

    /// Waits until `trunk serve` has built the page and serves it. A page that does not build is waited for: Trunk shows
    /// the error, and builds again when the sources change.
    fn wait_for_page(&mut self) -> Result<()> {
        while !(self.page.update()? && has_page(self.ports.page)) {
            self.ensure_running()?;
            thread::sleep(WATCH_INTERVAL);
        }
        Ok(())
    }

    fn start_doubling(&self, python: Python, port: u16) -> Result<Doubling> {
        let mut service = doubling::serve(&python, port, self.ports.server);
        if let Some(token) = self.options.server_value("--report-token") {
            service.arg("--report-token").arg(project::root().join(token));
        }
        let service = Program::start(service)?;
        let address = service.wait_for("where it listens", doubling::address)?;
        Ok(Doubling { python, address, process: service.process })
    }

    /// Keeps the server's page and the server itself as new as their sources.
    fn watch(&mut self) -> Result<()> {
        loop {
            self.ensure_running()?;
            self.page.update()?;
            if self.server.is_rebuilt()? {
                self.restart()?;
            }
            thread::sleep(WATCH_INTERVAL);
        }
    }

    /// Restarts the server, and around it the doubling service, whose last report needs the server.
    fn restart(&mut self) -> Result<()> {
        let doubling = self.doubling.take();
        if let Some(doubling) = &doubling {
            doubling.process.end()?;
        }
        self.server.restart()?;
        if let Some(Doubling { python, address, .. }) = doubling {
            self.doubling = Some(self.start_doubling(python, address.port())?);
        }
        Ok(())
    }

    fn ensure_running(&self) -> Result<()> {
        self.server.ensure_running()?;
        let others = self.trunk.iter().chain(self.doubling.iter().map(|doubling| &doubling.process));
        for program in others {
            if let Some(status) = program.try_wait()? {
                bail!("{} ended with {status}; its output is above", program.description());
            }
        }
        Ok(())
    }

    fn announce(&self) {
        let server = format!("https://localhost:{}", self.ports.server);
        let page = format!("http://localhost:{}", self.ports.page);
        let doubling = self.doubling.as_ref().map(|doubling| {
            let address = doubling.address.to_string();
            format!("    {address:<25} a second service, in Python: doubles, and reports its calls\n")
        });
        let doubling = doubling.unwrap_or_default();
        print::result(&format!(
            "\n  increment is running:\n\n    {server:<25} the server: page, gRPC and gRPC-Web\n    {page:<25} the page from \
             trunk serve, its calls going to the server\n{doubling}\n  Changed sources are built and loaded. Ctrl-C ends it \
             all. A browser trusts the first once\n  certs/ca.pem is imported.\n"
        ));
    }
}
