//! Where the clients meet: one server with counts of its own, and the page of the browser's client on an origin that
//! the server lets call. Must not know what the clients do.

use std::{path::PathBuf, process::Command, time::Duration};

use tempfile::TempDir;

use super::language::Language;
use crate::{
    Outcome,
    ended::{self, Ended},
    program::Program,
    project, run,
    server::Server,
};

/// How long a client may take: the slowest starts a browser, while all the others start, too.
pub(crate) const LONGEST_RUN: Duration = Duration::from_secs(60);

/// What gives out the page, in the folder of the browser's client.
const ESBUILD: &str = "node_modules/.bin/esbuild";

/// The server and the page, both gone with this value.
pub(crate) struct Arena {
    /// Where they are.
    pub(crate) place: Place,
    _server: Server,
    _page: Option<Page>,
    _data: TempDir,
}

/// Where the clients call.
pub(crate) struct Place {
    /// The server's address and port.
    server: String,
    /// Where the page is, if it is.
    origin: Option<String>,
}

impl Arena {
    /// Starts the server, and the page where it is built.
    pub(crate) fn open() -> Outcome<Self> {
        let data = TempDir::new().map_err(|error| format!("no folder for the server's counts: {error}"))?;
        let page = Page::start()?;
        let origin = page.as_ref().map(|page| page.origin.clone());
        let allowed: Vec<_> = origin.iter().flat_map(|origin| ["--cors-origin", origin]).collect();
        let server = Server::start_with(0, data.path(), &allowed)?;
        let place = Place { server: server.address(), origin };
        Ok(Self { place, _server: server, _page: page, _data: data })
    }
}

impl Place {
    /// Runs a client with `words` to its end.
    pub(crate) fn run(&self, language: &Language, words: &[&str]) -> Outcome<Ended> {
        ended::within(LONGEST_RUN, &mut self.command(language, words))
    }

    /// The program of a client, which is to call the server.
    pub(crate) fn command(&self, language: &Language, words: &[&str]) -> Command {
        let mut command = language.program();
        command.args(words).env("INCREMENT_ADDRESS", &self.server).env("INCREMENT_CA", "");
        command.envs(self.origin.iter().map(|origin| ("INCREMENT_ORIGIN", origin)));
        // The calls stay on this machine.
        command.env("NO_PROXY", "localhost,127.0.0.1,::1").env("no_proxy", "localhost,127.0.0.1,::1");
        command
    }

    /// What the server counted, as `increment accesses` prints it.
    pub(crate) fn accesses(&self, options: &[&str]) -> Outcome<String> {
        let mut command = Command::new(project::target().join("debug/increment"));
        command.current_dir(project::root()).args(["--url", &format!("https://{}", self.server)]);
        run::output(command.arg("accesses").args(options))
    }
}

/// The page of the browser's client, as a server of its own gives it out.
struct Page {
    _program: Program,
    /// Such as `http://localhost:8000`.
    origin: String,
}

impl Page {
    /// Starts its server on a free port; none when there is nothing to give out.
    fn start() -> Outcome<Option<Self>> {
        let folder = project::root().join("clients/browser");
        if !["dist/increment.js", ESBUILD].iter().all(|file| folder.join(file).is_file()) {
            return Ok(None);
        }
        let program = Program::start_quietly(serve(folder))?;
        let origin = program.wait_for("where its page is", |line| {
            Some(line.trim().strip_prefix("> Network: ")?.trim_end_matches('/').to_owned())
        })?;
        Ok(Some(Self { _program: program, origin }))
    }
}

fn serve(folder: PathBuf) -> Command {
    let mut esbuild = Command::new(folder.join(ESBUILD));
    // It would end with its standard input, were it not to watch.
    esbuild.args(["--servedir=.", "--serve=localhost:0", "--watch=forever", "--color=false"]);
    esbuild.current_dir(folder);
    esbuild
}
