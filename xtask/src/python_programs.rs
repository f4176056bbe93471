//! Tests what is in Python only, in `clients/python`, against servers of its own: the client in clear, the study's
//! client, and the doubling service, whose calls the server must count. Must not know how any of them works.

use std::{fs, net::SocketAddr, path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    Outcome, counts::Counts, doubling, program::Program, project, python::Python, run, server::Server,
    watch::Watch,
};

/// What a test shows, and the test.
type Test = (&'static str, fn(&Python) -> Outcome);

const TESTS: [Test; 8] = [
    ("the client calls in clear", call_in_clear),
    ("the study's client calls", call_of_the_study),
    ("the doubling service refuses what does not fit", refused),
    ("the doubling service's calls are counted", counted),
    ("a report token that the server does not know is named", token_refused),
    ("their count goes on when the service's name was folded", counted_after_folding),
    ("their count outlives the server", outlived),
    ("the last calls of a run are counted, and the next run's", counted_at_the_end),
];

/// Runs the tests.
pub(crate) fn test() -> Counts {
    let python = match Server::build().and_then(|()| Python::ensure()) {
        Ok(python) => python,
        Err(reason) => return Err(reason).into(),
    };
    let mut counts = Counts::default();
    for (name, test) in TESTS {
        let outcome = test(&python).map_err(|reason| format!("{name}: {reason}"));
        if outcome.is_ok() {
            run::say(&format!("ok: {name}"));
        }
        counts += outcome.into();
    }
    counts
}

fn call_in_clear(python: &Python) -> Outcome {
    let (server, _data) = start()?;
    let mut client = python.command("increment.py");
    client.args(["--address", &server.plaintext, "--plaintext", "9180"]);
    prints(&mut client, "Send: 9180, Return: 9181")
}

fn call_of_the_study(python: &Python) -> Outcome {
    let (server, _data) = start()?;
    let mut client = python.command("study.py");
    client.env("INCREMENT_ADDRESS", server.address()).arg("9180");
    prints(&mut client, "Send: 9180, Return: 9181")
}

fn refused(python: &Python) -> Outcome {
    let (server, _data) = start()?;
    let doubling = Doubling::start(python, &server)?;
    let (largest, too_large) = ("4611686018427387903", "4611686018427387904");
    prints(&mut doubling.call(&[largest]), "Send: 4611686018427387903, Return: 9223372036854775806")?;
    let mut call = doubling.call(&[too_large]);
    let output = call.output().map_err(|error| run::cannot_start(&call, &error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_refused = !output.status.success() && said.starts_with("OUT_OF_RANGE: number: ");
    if is_refused { Ok(()) } else { Err(format!("twice {too_large}: {said}")) }
}

fn counted(python: &Python) -> Outcome {
    let (server, _data) = start()?;
    let (doubling, mut watch) = (Doubling::start(python, &server)?, watch(&server, 0)?);
    prints(&mut doubling.call(&["21"]), "Send: 21, Return: 42")?;
    watch.wait_for(1)?;
    prints(&mut doubling.call(&["-1", "0"]), "Send: -1, Return: -2\nSend: 0, Return: 0")?;
    watch.wait_for(3)
}

fn token_refused(python: &Python) -> Outcome {
    let (server, data) = start()?;
    let file = data.path().join("other.token");
    let mut service = doubling::serve(python, 0, server.port);
    service.arg("--report-token").arg(&file);
    let output = service.output().map_err(|error| run::cannot_start(&service, &error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() || !said.starts_with("cannot read the report token: ") {
        return Err(format!("without a token it says: {said}"));
    }
    fs::write(&file, [b'x'; 64]).map_err(|error| format!("{}: {error}", file.display()))?;
    let program = Program::start(service)?;
    program.wait_for("which option names the token", |line| {
        let refused = line.strip_prefix("cannot report accesses: UNAUTHENTICATED: ")?;
        refused.contains("--report-token").then_some(())
    })
}

fn counted_after_folding(python: &Python) -> Outcome {
    let (server, data) = start()?;
    let (doubling, mut watch) = (Doubling::start(python, &server)?, watch(&server, 0)?);
    run::output(&mut doubling.call(&["1", "2"]))?;
    watch.wait_for(2)?;
    report_from_many(&server, data.path())?;
    run::output(&mut doubling.call(&["3"]))?;
    watch.wait_for(3)
}

/// Reports under as many names as the server keeps apart: those before them are folded.
fn report_from_many(server: &Server, folder: &Path) -> Outcome {
    const NAMES: u32 = 10_000;
    let mut stream = Vec::new();
    for name in 0..NAMES {
        let row = r#"{"service":"many.v1.Many","method":"Do","protocol":"grpc","count":"1"}"#;
        let report = format!(r#"{{"origin":"many-{name}","rows":[{row}]}}"#);
        // Connect's Enveloped-Message.
        stream.push(0);
        stream.extend(u32::try_from(report.len()).map_err(|error| error.to_string())?.to_be_bytes());
        stream.extend(report.as_bytes());
    }
    let unusable = |path: &Path| {
        let path = path.display().to_string();
        move |error| format!("{path}: {error}")
    };
    let (file, token) = (folder.join("reports"), project::report_token());
    fs::write(&file, stream).map_err(unusable(&file))?;
    let token = fs::read_to_string(&token).map_err(unusable(&token))?;
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--data-binary"]);
    curl.arg(format!("@{}", file.display())).args(["--header", "content-type: application/connect+json"]);
    curl.args(["--header", &format!("authorization: Bearer {}", token.trim())]);
    curl.arg(format!("http://{}/increment.v1.AccessService/ReportAccesses", server.plaintext));
    let answer = run::output(&mut curl)?;
    let is_taken = answer.contains(&format!(r#"{{"reports":"{NAMES}"}}"#));
    if is_taken { Ok(()) } else { Err(format!("the reports of many are answered {answer:?}")) }
}

fn outlived(python: &Python) -> Outcome {
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

fn counted_at_the_end(python: &Python) -> Outcome {
    let (server, data) = start()?;
    let doubling = Doubling::start(python, &server)?;
    let port = server.port;
    drop(server);
    run::output(&mut doubling.call(&["1", "2", "3"]))?;
    // From here on it pauses before it tries again: there is something left at the end.
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

/// A server with an empty folder for its counts, which is gone with the folder's value.
fn start() -> Outcome<(Server, TempDir)> {
    let data = TempDir::new().map_err(|error| format!("no folder for the server's counts: {error}"))?;
    Ok((Server::start(0, data.path())?, data))
}

fn watch(server: &Server, counted: u64) -> Outcome<Watch> {
    Watch::start(server, "doubling.v1.DoublingService", "Double", counted)
}

/// Runs `command` and compares what it prints.
fn prints(command: &mut Command, expected: &str) -> Outcome {
    let printed = run::output(command)?;
    if printed == expected {
        return Ok(());
    }
    Err(format!("{} prints `{printed}`, not `{expected}`", run::describe(command)))
}

/// The doubling service, reporting to a server.
struct Doubling<'p> {
    program: Program,
    python: &'p Python,
    address: SocketAddr,
}

impl<'p> Doubling<'p> {
    fn start(python: &'p Python, server: &Server) -> Outcome<Self> {
        let program = Program::start(doubling::serve(python, 0, server.port))?;
        let address = program.wait_for("where it listens", doubling::address)?;
        Ok(Self { program, python, address })
    }

    fn call(&self, numbers: &[&str]) -> Command {
        doubling::call(self.python, self.address, numbers)
    }

    fn wait_until_it_cannot_report(&self) -> Outcome {
        self.program.wait_for("that it cannot report", |line| {
            line.starts_with("cannot report accesses: ").then_some(())
        })
    }
}
