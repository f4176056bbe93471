//! The tools of cargo that build the page, in exactly the wanted versions: the project's own, then those on PATH.
//! What is missing is installed into the project's folder.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use xtask::{path, print, project, run};

use super::{node, wasm_target};

/// A tool that cargo builds.
struct CargoTool {
    /// Its program, as it is on PATH.
    program: &'static str,
    /// Its package in the registry.
    package: &'static str,
    version: String,
    /// Whether to use its lock file, which may name versions that a registry lacks.
    locked: bool,
    /// How long its build takes.
    duration: &'static str,
}

/// Makes sure that everything that builds the page is there.
pub(crate) fn ensure() -> Result<()> {
    wasm_target::ensure()?;
    node::ensure_tools()?;
    let trunk = CargoTool {
        program: "trunk",
        package: "trunk",
        version: "0.21.14".into(),
        locked: true,
        duration: "6 minutes on two cores",
    };
    let wasm_bindgen = CargoTool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: locked_version("wasm-bindgen")?,
        locked: false,
        duration: "3 minutes on two cores",
    };
    [trunk, wasm_bindgen].iter().try_for_each(CargoTool::ensure)
}

impl CargoTool {
    fn ensure(&self) -> Result<()> {
        if path::has_version(self.program, &self.version) {
            return Ok(());
        }
        let Self { program, version, duration, .. } = self;
        print::progress(&format!(
            "setting up {program} {version}: cargo builds it into .tools, about {duration}"
        ));
        // Its own folder, removed afterwards: nothing of it serves the project's builds.
        let target = project::target().join("tools");
        run::run(&mut self.install(&target))?;
        let _ = fs::remove_dir_all(&target);
        ensure!(
            path::has_version(program, version),
            "{program} {version} was installed into .tools but does not run; remove .tools and try again"
        );
        Ok(())
    }

    fn install(&self, target: &Path) -> Command {
        let mut cargo = run::cargo();
        cargo.args(["install", "--quiet", "--force", self.package, "--version", &self.version, "--root"]);
        cargo.arg(project::tools());
        if self.locked {
            cargo.arg("--locked");
        }
        cargo.env("CARGO_TARGET_DIR", target);
        // A quick build: these tools wait for other programs most of the time.
        for (setting, value) in [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "1"), ("DEBUG", "0")]
        {
            cargo.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
        cargo
    }
}

/// The version of `package` in Cargo.lock: the program must equal the library.
pub(crate) fn locked_version(package: &str) -> Result<String> {
    let text = fs::read_to_string(project::root().join("Cargo.lock"))?;
    version_in(&text, package)
        .with_context(|| format!("Cargo.lock has no {package}; does crate increment-web use it?"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    Some(lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "bindgen"), None);
    }
}
