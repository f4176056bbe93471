//! The environment in which the programs in `clients/python` run, set up as their README says: grpcio, and
//! the stubs of every contract they use. Must not know what the programs do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Outcome, debian, project, run};

/// A Python with grpcio, and the stubs beside the programs.
pub(crate) struct Python(PathBuf);

impl Python {
    /// Sets up what is missing.
    pub(crate) fn ensure() -> Outcome<Self> {
        debian::ensure(&[debian::PYTHON])?;
        let python = environment()?;
        make_stubs(&python)?;
        Ok(Self(python))
    }

    /// One of the programs, by its path in `clients/python`.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut python = Command::new(&self.0);
        python.current_dir(folder()).arg(program);
        // The calls stay on this machine.
        python.env("NO_PROXY", "localhost,127.0.0.1,::1").env("no_proxy", "localhost,127.0.0.1,::1");
        python
    }

    /// Where its programs are.
    pub(crate) fn folder() -> PathBuf {
        project::tools().join("python/bin")
    }

    /// The one that was set up before.
    pub(crate) fn installed() -> Self {
        Self(interpreter())
    }
}

fn interpreter() -> PathBuf {
    Python::folder().join("python")
}

fn folder() -> PathBuf {
    project::root().join("clients/python")
}

/// Makes the environment where it is of other requirements; its Python.
fn environment() -> Outcome<PathBuf> {
    let environment = project::tools().join("python");
    let python = interpreter();
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
    Ok(python)
}

fn make_stubs(python: &Path) -> Outcome {
    let stubs = folder().join("gen");
    fs::create_dir_all(&stubs).map_err(|error| format!("{}: {error}", stubs.display()))?;
    let mut protoc = Command::new(python);
    protoc.current_dir(folder()).args(["-m", "grpc_tools.protoc", "-I../../proto", "-Idoubling"]);
    protoc.args(["--python_out=gen", "--grpc_python_out=gen"]);
    let ours = ["template_grpc.proto", "increment/v1/access.proto", "increment/v1/increment.proto"];
    run::run(protoc.args(ours).arg("doubling.proto"))
}
