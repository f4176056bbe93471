//! The environment in which the programs in `clients/python` run, set up as their README says: grpcio, and
//! the stubs of every contract they use.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;
use fs_err as fs;
use xtask::{debian, path, print, project, run};

/// A Python with grpcio, and the stubs beside the programs.
pub(crate) struct Python(PathBuf);

impl Python {
    /// Sets up what is missing.
    pub(crate) fn ensure() -> Result<Self> {
        debian::ensure(&[debian::PYTHON])?;
        let python = environment()?;
        make_stubs(&python)?;
        Ok(Self(python))
    }

    /// One of the programs, by its path in `clients/python`.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut python = Command::new(&self.0);
        python.current_dir(folder()).arg(program);
        path::without_proxy(&mut python);
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

/// Makes the environment anew where it has other requirements; its Python.
fn environment() -> Result<PathBuf> {
    let environment = project::tools().join("python");
    let python = interpreter();
    let requirements = folder().join("requirements.txt");
    let wanted = fs::read_to_string(&requirements)?;
    let installed = environment.join("installed.txt");
    if fs::read_to_string(&installed).ok().as_ref() != Some(&wanted) {
        print::progress("setting up grpcio: pip installs it into .tools/python, about 20 seconds");
        run::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        run::run(pip.arg(requirements))?;
        fs::write(&installed, wanted)?;
    }
    Ok(python)
}

fn make_stubs(python: &Path) -> Result<()> {
    let stubs = folder().join("gen");
    fs::create_dir_all(&stubs)?;
    let mut protoc = Command::new(python);
    protoc.current_dir(folder()).args(["-m", "grpc_tools.protoc", "-I../../proto", "-Idoubling"]);
    protoc.args(["--python_out=gen", "--grpc_python_out=gen"]);
    let ours = ["template_grpc.proto", "increment/v1/access.proto", "increment/v1/increment.proto"];
    run::run(protoc.args(ours).arg("doubling.proto"))
}
