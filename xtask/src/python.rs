//! Runs the client in `clients/python` as its README says, in an environment of its own, against a server
//! in clear and over TLS. Must not know what the client is made of.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::{Outcome, counts::Counts, demo, project, run};

/// Both calls, each a test.
pub(crate) fn test() -> Counts {
    let (python, server) = match set_up().and_then(|python| Ok((python, Server::start()?))) {
        Ok(both) => both,
        Err(reason) => return Err(reason).into(),
    };
    let ca = project::root().join("certs/ca.pem").display().to_string();
    let mut counts = Counts::from(call(&python, &["--address", &server.plaintext, "--plaintext"]));
    counts += call(&python, &["--address", &server.tls, "--ca", &ca]).into();
    counts
}

/// Calls with 9180 and compares what is printed.
fn call(python: &PathBuf, options: &[&str]) -> Outcome {
    let mut client = Command::new(python);
    client.current_dir(folder()).arg("increment.py").args(options).arg("9180");
    let (printed, expected) = (run::output(&mut client)?, "Send: 9180, Return: 9181");
    if printed == expected {
        run::say(&format!("python increment.py {} 9180: {printed}", options.join(" ")));
        return Ok(());
    }
    Err(format!("{} prints `{printed}`, not `{expected}`", run::describe(&client)))
}

fn folder() -> PathBuf {
    project::root().join("clients/python")
}

/// Makes the environment where it is older than its requirements, and the stubs; the environment's Python.
fn set_up() -> Outcome<PathBuf> {
    let environment = project::tools().join("python");
    let python = environment.join("bin/python");
    let requirements = folder().join("requirements.txt");
    let wanted = fs::read_to_string(&requirements).map_err(|error| format!("requirements.txt: {error}"))?;
    let installed = environment.join("installed.txt");
    if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) {
        run::note("setting up grpcio: pip installs it into .tools/python, about 20 seconds");
        run::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run::run(pip.arg(requirements))?;
        fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))?;
    }
    make_stubs(&python)?;
    Ok(python)
}

fn make_stubs(python: &PathBuf) -> Outcome {
    let stubs = folder().join("gen");
    fs::create_dir_all(&stubs).map_err(|error| format!("{}: {error}", stubs.display()))?;
    let mut protoc = Command::new(python);
    protoc.current_dir(folder()).args(["-m", "grpc_tools.protoc", "-I../../proto", "--python_out=gen"]);
    run::run(protoc.args(["--grpc_python_out=gen", "template_grpc.proto"]))
}

/// A server with free ports, ended with this value.
struct Server {
    child: Child,
    /// Where it listens with TLS: the certificate is for this name.
    tls: String,
    plaintext: String,
}

impl Server {
    fn start() -> Outcome<Self> {
        run::run(run::cargo().args(["build", "--quiet", "--package", "increment-server"]))?;
        let mut command = Command::new(demo::server_program());
        command.current_dir(project::root()).args([
            "--listen",
            "127.0.0.1:0",
            "--plaintext-listen",
            "127.0.0.1:0",
        ]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| run::cannot_start(&command, &error))?;
        let output = child.stdout.take().expect("the output is a pipe");
        let mut server = Self { child, tls: String::new(), plaintext: String::new() };
        server.read_addresses(output)?;
        Ok(server)
    }

    fn read_addresses(&mut self, output: ChildStdout) -> Outcome {
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        while self.tls.is_empty() || self.plaintext.is_empty() {
            let line = lines.next().ok_or("increment-server ended before it listened")?;
            if let Some(address) = line.strip_prefix("listening https://127.0.0.1") {
                self.tls = format!("localhost{address}");
            } else if let Some(address) = line.strip_prefix("listening http://") {
                self.plaintext = address.to_owned();
            }
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It answers nobody any more; nothing is lost.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
