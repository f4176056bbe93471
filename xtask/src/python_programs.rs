//! Tests the programs in `clients/python` that exist in Python only, against servers of their own: the client without
//! TLS, the study's client, and the doubling service, whose calls the server counts.

mod watch;

use std::{net::SocketAddr, path::Path, process::Command, time::Duration};

use anyhow::{Result, ensure};
use fs_err as fs;
use tempfile::TempDir;
use xtask::{process::describe, program::Program, project, run};

use self::watch::Watch;
use crate::{
    counts::{Counts, check},
    doubling,
    server::{Server, temporary_folder},
    setup::python::Python,
};

/// How long a program may take that should fail.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// A check and its name.
type Test = (&'static str, fn(&Python) -> Result<()>);

const TESTS: [Test; 8] = [
    ("the client calls without TLS", call_without_tls),
    ("the study's client calls", call_of_the_study),
    ("the doubling service rejects what does not fit", rejected),
    ("the doubling service's calls are counted", counted),
    ("a report token that the server does not know is named", token_rejected),
    ("counting goes on after the service's origin was folded", counted_after_folding),
    ("counting goes on after the server was killed", counted_after_a_restart),
    ("the last calls of a run are counted, and the next run's", counted_at_the_end),
];

/// Runs the checks.
pub(crate) fn test() -> Counts {
    let python = match Server::build().and_then(|()| Python::ensure()) {
        Ok(python) => python,
        Err(reason) => return Err(reason).into(),
    };
    let mut counts = Counts::default();
    for (name, test) in TESTS {
        counts += check(name, test(&python));
    }
    counts
}

fn call_without_tls(python: &Python) -> Result<()> {
    let (server, _data) = start()?;
    let mut client = python.command("increment.py");
    client.args(["--address", &server.plaintext, "--plaintext", "9180"]);
    prints(&mut client, "Send: 9180, Return: 9181")
}

fn call_of_the_study(python: &Python) -> Result<()> {
    let (server, _data) = start()?;
    let mut client = python.command("study.py");
    client.env("INCREMENT_ADDRESS", server.address()).arg("9180");
    prints(&mut client, "Send: 9180, Return: 9181")
}

fn rejected(python: &Python) -> Result<()> {
    let (server, _data) = start()?;
    let doubling = Doubling::start(python, &server)?;
    let (largest, too_large) = ("4611686018427387903", "4611686018427387904");
    prints(&mut doubling.call(&[largest]), "Send: 4611686018427387903, Return: 9223372036854775806")?;
    let captured = run::capture(LONGEST_RUN, &mut doubling.call(&[too_large]), "")?;
    let is_rejected = !captured.status.success() && captured.stderr.starts_with("OUT_OF_RANGE: number: ");
    ensure!(is_rejected, "twice {too_large}: {}", captured.all());
    Ok(())
}

fn counted(python: &Python) -> Result<()> {
    let (server, _data) = start()?;
    let (doubling, mut watch) = (Doubling::start(python, &server)?, watch(&server, 0)?);
    prints(&mut doubling.call(&["21"]), "Send: 21, Return: 42")?;
    watch.wait_for(1)?;
    prints(&mut doubling.call(&["-1", "0"]), "Send: -1, Return: -2\nSend: 0, Return: 0")?;
    watch.wait_for(3)
}

fn token_rejected(python: &Python) -> Result<()> {
    let (server, data) = start()?;
    let file = data.path().join("other.token");
    let mut service = doubling::serve(python, 0, server.port);
    service.arg("--report-token").arg(&file);
    let captured = run::capture(LONGEST_RUN, &mut service, "")?;
    let is_named =
        !captured.status.success() && captured.stderr.starts_with("cannot read the report token: ");
    ensure!(is_named, "without a token it prints: {}", captured.all());
    fs::write(&file, [b'x'; 64])?;
    let program = Program::start_quietly(service)?;
    program.wait_for("which option names the token", |line| {
        let rejected = line.strip_prefix("cannot report accesses: UNAUTHENTICATED: ")?;
        rejected.contains("--report-token").then_some(())
    })
}

fn counted_after_folding(python: &Python) -> Result<()> {
    let (server, data) = start()?;
    let (doubling, mut watch) = (Doubling::start(python, &server)?, watch(&server, 0)?);
    run::output(&mut doubling.call(&["1", "2"]))?;
    watch.wait_for(2)?;
    report_many_origins(&server, data.path())?;
    run::output(&mut doubling.call(&["3"]))?;
    watch.wait_for(3)
}

/// Reports as many origins as the server keeps: the ones before them are folded.
fn report_many_origins(server: &Server, folder: &Path) -> Result<()> {
    const NAMES: u32 = 10_000;
    let mut stream = Vec::new();
    for name in 0..NAMES {
        let row = r#"{"service":"many.v1.Many","method":"Do","protocol":"grpc","count":"1"}"#;
        let report = format!(r#"{{"origin":"many-{name}","rows":[{row}]}}"#);
        // Connect's Enveloped-Message.
        stream.push(0);
        stream.extend(u32::try_from(report.len())?.to_be_bytes());
        stream.extend(report.as_bytes());
    }
    let (file, token) = (folder.join("reports"), project::report_token());
    fs::write(&file, stream)?;
    let token = fs::read_to_string(&token)?;
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--data-binary"]);
    curl.arg(format!("@{}", file.display())).args(["--header", "content-type: application/connect+json"]);
    curl.args(["--header", &format!("authorization: Bearer {}", token.trim())]);
    curl.arg(format!("http://{}/increment.v1.AccessService/ReportAccesses", server.plaintext));
    let response = run::output(&mut curl)?;
    let is_committed = response.contains(&format!(r#"{{"reports":"{NAMES}"}}"#));
    ensure!(is_committed, "the response to the reports is {response:?}");
    Ok(())
}

fn counted_after_a_restart(python: &Python) -> Result<()> {
    let (server, data) = start()?;
    let doubling = Doubling::start(python, &server)?;
    run::output(&mut doubling.call(&["1", "2"]))?;
    watch(&server, 0)?.wait_for(2)?;
    let port = server.port;
    drop(server);
    run::output(&mut doubling.call(&["3"]))?;
    doubling.wait_until_it_cannot_report()?;
    let server = Server::start(port, data.path())?;
    let mut watch = watch(&server, 2)?;
    watch.wait_for(3)?;
    run::output(&mut doubling.call(&["4"]))?;
    watch.wait_for(4)
}

fn counted_at_the_end(python: &Python) -> Result<()> {
    let (server, data) = start()?;
    let doubling = Doubling::start(python, &server)?;
    let port = server.port;
    drop(server);
    run::output(&mut doubling.call(&["1", "2", "3"]))?;
    // It now pauses before it tries again: something is left to report at the end.
    doubling.wait_until_it_cannot_report()?;
    let server = Server::start(port, data.path())?;
    doubling.program.end()?;
    let mut watch = watch(&server, 0)?;
    watch.wait_for(3)?;
    // The next run begins at zero, and adds to it.
    let doubling = Doubling::start(python, &server)?;
    run::output(&mut doubling.call(&["4"]))?;
    watch.wait_for(4)
}

/// A server and the folder with its counts.
fn start() -> Result<(Server, TempDir)> {
    let data = temporary_folder()?;
    Ok((Server::start(0, data.path())?, data))
}

fn watch(server: &Server, counted: u64) -> Result<Watch> {
    Watch::start(server, "doubling.v1.DoublingService", "Double", counted)
}

/// Runs `command` and compares what it prints.
fn prints(command: &mut Command, expected: &str) -> Result<()> {
    let printed = run::output(command)?;
    ensure!(printed == expected, "{} prints `{printed}`, not `{expected}`", describe(command));
    Ok(())
}

/// The doubling service, reporting to a server.
struct Doubling<'p> {
    program: Program,
    python: &'p Python,
    address: SocketAddr,
}

impl<'p> Doubling<'p> {
    fn start(python: &'p Python, server: &Server) -> Result<Self> {
        let program = Program::start_quietly(doubling::serve(python, 0, server.port))?;
        let address = program.wait_for("where it listens", doubling::address)?;
        Ok(Self { program, python, address })
    }

    fn call(&self, numbers: &[&str]) -> Command {
        doubling::call(self.python, self.address, numbers)
    }

    fn wait_until_it_cannot_report(&self) -> Result<()> {
        self.program.wait_for("that it cannot report", |line| {
            line.starts_with("cannot report accesses: ").then_some(())
        })
    }
}
