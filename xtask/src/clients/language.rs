//! The clients in `clients/`, one entry each: what it needs on the machine, how it is built and how it is
//! run, as described in `clients/README.md`.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, anyhow, bail};
use xtask::{debian, path, print, project, run};

use crate::setup::{node, python::Python};

/// One language's client. All take the same arguments and settings.
pub(crate) struct Language {
    /// For a person.
    pub(crate) name: &'static str,
    /// In `clients/`.
    folder: &'static str,
    /// The protocol of its calls, as the server counts them.
    pub(crate) protocol: &'static str,
    /// Installs what is missing. Fails with what a person has to install.
    needs: fn() -> Result<()>,
    /// Makes its stubs and its program.
    build: fn(&Language) -> Result<()>,
    /// Its program, without arguments.
    program: fn(&Language) -> Command,
}

/// Why there is no program.
pub(crate) enum NotBuilt {
    /// The machine lacks something.
    LeftOut(anyhow::Error),
    /// The build failed.
    Failed(anyhow::Error),
}

/// All clients.
pub(crate) const LANGUAGES: [Language; 7] = [
    Language {
        name: "Python",
        folder: "python",
        protocol: "grpc",
        needs: || debian::ensure(&[debian::PYTHON]),
        build: |_| Python::ensure().map(drop),
        program: |_| Python::installed().command("increment.py"),
    },
    Language {
        name: "Node",
        folder: "node",
        protocol: "grpc",
        needs: node::ensure_npm,
        build: |node| node::ensure_packages_of(&node.path(), "grpc-js"),
        program: |node| node.script("node", &["increment.js"]),
    },
    Language {
        name: "Browser",
        folder: "browser",
        protocol: "grpc-web",
        needs: || {
            node::ensure_npm()?;
            debian::ensure(&[debian::CHROMIUM, debian::CERTUTIL])
        },
        build: |browser| {
            node::ensure_packages()?;
            node::ensure_packages_of(&browser.path(), "Connect, buf and esbuild")?;
            run::run_quietly(&mut browser.script("npm", &["run", "build"]))
        },
        program: |_| {
            let mut node = Command::new("node");
            node.arg(project::root().join("xtask/src/clients/browser.mjs"));
            node
        },
    },
    Language {
        name: "Go",
        folder: "go",
        protocol: "grpc",
        needs: || {
            if path::find("go").is_none() {
                bail!("go is missing: install Go 1.26 or newer, see https://go.dev/dl");
            }
            debian::ensure(&[debian::PROTOC])
        },
        build: |go| {
            run::run_quietly(&mut go.script("go", &["generate"]))?;
            run::run_quietly(&mut go.script("go", &["build", "-buildvcs=false", "-o", "increment", "."]))
        },
        program: |go| Command::new(go.path().join("increment")),
    },
    Language {
        name: "Java",
        folder: "java",
        protocol: "grpc",
        needs: || debian::ensure(&[debian::JDK, debian::MAVEN]),
        build: |java| {
            run::run_quietly(&mut java.script("mvn", &["--batch-mode", "-Dstyle.color=never", "package"]))
        },
        program: |java| java.script("java", &["-jar", "target/increment.jar"]),
    },
    Language {
        name: "C++",
        folder: "cpp",
        protocol: "grpc",
        needs: || {
            debian::ensure(&[
                debian::CMAKE,
                debian::CXX,
                debian::MAKE,
                debian::PROTOC,
                debian::GRPC_PLUGIN,
                debian::PROTOBUF,
                debian::GRPC,
            ])
        },
        build: |cpp| {
            run::run_quietly(&mut cpp.script("cmake", &["-B", "build", "-DCMAKE_BUILD_TYPE=Release"]))?;
            run::run_quietly(&mut cpp.script("cmake", &["--build", "build", "--parallel"]))
        },
        program: |cpp| Command::new(cpp.path().join("build/increment")),
    },
    Language {
        name: "Rust",
        folder: "rust",
        protocol: "grpc",
        needs: || Ok(()),
        build: |_| run::run(run::cargo().args(["build", "--quiet", "--package", "increment-rust"])),
        program: |_| Command::new(project::program("increment-rust")),
    },
];

impl Language {
    /// Builds it, with what is missing installed.
    pub(crate) fn build(&self) -> Result<(), NotBuilt> {
        (self.needs)().map_err(NotBuilt::LeftOut)?;
        print::progress(&format!("building the client in {}", self.name));
        (self.build)(self).map_err(NotBuilt::Failed)
    }

    /// Installs what is missing on the machine. Fails with what a person has to install.
    pub(crate) fn ensure_needs(&self) -> Result<()> {
        (self.needs)().map_err(|reason| anyhow!("{}: {reason}", self.name))
    }

    /// Its program, in its folder.
    pub(crate) fn program(&self) -> Command {
        let mut program = (self.program)(self);
        program.current_dir(self.path());
        program
    }

    fn path(&self) -> PathBuf {
        project::root().join("clients").join(self.folder)
    }

    /// `program` with `arguments`, in its folder.
    fn script(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).args(arguments);
        command
    }
}
