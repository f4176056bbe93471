//! The tools that build the page: each is looked for in the project's own folder, then on PATH, and taken
//! in exactly the wanted version only. What is missing is installed into the project's folder, so nothing
//! of the person's changes. Must not know how the page is built.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Outcome, node, project, run, wasm_target};

/// A tool that cargo builds.
struct CargoTool {
    /// Its program, as it is on PATH.
    program: &'static str,
    /// Its package in the registry.
    package: &'static str,
    version: String,
    /// Whether its lock file can be had: it may name versions that a registry lacks.
    locked: bool,
    /// What it costs, for the person who waits.
    duration: &'static str,
}

/// Makes sure that everything that builds the page is there.
pub(crate) fn ensure() -> Outcome {
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

/// PATH with the project's tools first.
pub(crate) fn path() -> OsString {
    let ours = [project::tools().join("bin"), node::programs()];
    let theirs = std::env::var_os("PATH").unwrap_or_default();
    let all = ours.into_iter().chain(std::env::split_paths(&theirs));
    // Only a colon in the project's own path can fail here; the person's PATH then has to do.
    std::env::join_paths(all).unwrap_or(theirs)
}

/// Where `program` is, with the project's tools first.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&path()).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether the `program` that [`find`] gives answers `--version` with `version` as one of its words.
pub(crate) fn has_version(program: &str, version: &str) -> bool {
    let Some(file) = find(program) else { return false };
    let answer = Command::new(file).arg("--version").env("PATH", path()).output();
    answer.is_ok_and(|answer| {
        let words = String::from_utf8_lossy(&answer.stdout).into_owned();
        words.split_whitespace().any(|word| word.trim_matches(['(', ')']) == version)
    })
}

impl CargoTool {
    fn ensure(&self) -> Outcome {
        if has_version(self.program, &self.version) {
            return Ok(());
        }
        let Self { program, version, duration, .. } = self;
        run::note(&format!("setting up {program} {version}: cargo builds it into .tools, about {duration}"));
        // Its own folder, removed afterwards: nothing of it serves the project's builds.
        let target = project::target().join("tools");
        run::run(&mut self.install(&target))?;
        let _ = fs::remove_dir_all(&target);
        if has_version(program, version) {
            return Ok(());
        }
        Err(format!(
            "{program} {version} was installed into .tools but does not answer; remove .tools and try again"
        ))
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
pub(crate) fn locked_version(package: &str) -> Outcome<String> {
    let lock = project::root().join("Cargo.lock");
    let text = fs::read_to_string(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    version_in(&text, package)
        .ok_or_else(|| format!("Cargo.lock has no {package}; does crate increment-web use it?"))
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
    fn the_lock_file_tells_a_version() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "bindgen"), None);
    }
}
