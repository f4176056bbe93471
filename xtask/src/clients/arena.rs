//! One server for all clients, with counts of its own, and the page of the browser's client on an origin that the
//! server's CORS allows.

use std::{path::PathBuf, process::Command, thread, time::Duration};

use anyhow::Result;
use tempfile::TempDir;
use xtask::{
    path,
    process::Process,
    program::Program,
    project,
    run::{self, Captured},
};

use super::language::Language;
use crate::server::{Server, temporary_folder};

/// How long a client may take: the slowest starts a browser, while all the others start, too.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// What serves the page, in the folder of the browser's client.
const ESBUILD: &str = "node_modules/.bin/esbuild";

/// The server and the page, both killed when this value is dropped.
pub(crate) struct Arena {
    server: Server,
    /// None where it is not built.
    page: Option<Page>,
    _data: TempDir,
}

/// The page of the browser's client and its web server.
struct Page {
    _process: Process,
    /// Such as `http://localhost:8000`.
    origin: String,
}

impl Arena {
    /// Starts the page where it is built, and the server.
    pub(crate) fn open() -> Result<Self> {
        let data = temporary_folder()?;
        let page = Page::start()?;
        let options: Vec<_> = page.iter().flat_map(|page| ["--cors-origin", &page.origin]).collect();
        Ok(Self { server: Server::start_with(0, data.path(), &options)?, page, _data: data })
    }

    /// Runs a client with `arguments`.
    pub(crate) fn run(&self, language: &Language, arguments: &[&str]) -> Result<Captured> {
        self.run_against(&self.server.address(), language, arguments)
    }

    /// Runs a client with `arguments` against the server at `address`.
    pub(crate) fn run_against(
        &self,
        address: &str,
        language: &Language,
        arguments: &[&str],
    ) -> Result<Captured> {
        let mut command = language.program();
        command.args(arguments).env("INCREMENT_ADDRESS", address).env("INCREMENT_CA", "");
        command.envs(self.page.iter().map(|page| ("INCREMENT_ORIGIN", &page.origin)));
        run::capture(LONGEST_RUN, path::without_proxy(&mut command), "")
    }

    /// What the server counted, as `increment accesses` prints it.
    pub(crate) fn accesses(&self, options: &[&str]) -> Result<String> {
        let mut command = Command::new(project::program("increment"));
        command.current_dir(project::root()).args(["--url", &format!("https://{}", self.server.address())]);
        run::output(command.arg("accesses").args(options))
    }
}

impl Page {
    fn start() -> Result<Option<Self>> {
        let folder = project::root().join("clients/browser");
        if !["dist/increment.js", ESBUILD].iter().all(|file| folder.join(file).is_file()) {
            return Ok(None);
        }
        let server = Program::start_quietly(esbuild(folder))?;
        let origin = server.wait_for("where its page is", |line| {
            Some(line.trim().strip_prefix("> Network: ")?.trim_end_matches('/').to_owned())
        })?;
        Ok(Some(Self { _process: server.process, origin }))
    }
}

fn esbuild(folder: PathBuf) -> Command {
    let mut esbuild = Command::new(folder.join(ESBUILD));
    // Without --watch it would end with its standard input.
    esbuild.args(["--servedir=.", "--serve=localhost:0", "--watch=forever", "--color=false"]);
    esbuild.current_dir(folder);
    esbuild
}

/// Does the same with all of `languages` at the same time; the results in their order.
pub(crate) fn side_by_side<T: Send>(languages: &[&Language], act: impl Fn(&Language) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let act = &act;
        let started: Vec<_> = languages.iter().map(|language| scope.spawn(move || act(language))).collect();
        started.into_iter().map(|thread| thread.join().expect("a client's checks never panic")).collect()
    })
}
