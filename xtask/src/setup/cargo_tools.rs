//! The tools of cargo that build the page, in exactly the wanted versions: the project's own, then those on PATH.
//! What is missing is installed into the project's folder: by cargo-binstall, else built.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use xtask::{path, print, process::Process, project, run};

use super::wasm_target;
use crate::progress;

/// How long cargo-binstall, which loads 10 MB, may take before the tool is built.
const BINSTALL_TIMEOUT: Duration = Duration::from_secs(60);

/// A tool that cargo builds.
struct CargoTool {
    /// Its program, as it is on PATH.
    program: &'static str,
    /// Its package in the registry.
    package: &'static str,
    version: String,
    /// Options of its build, without what the page does not need.
    options: &'static [&'static str],
    /// How much it is optimised: a quick build for what waits for other programs most of the time.
    opt_level: &'static str,
}

/// Makes sure that everything that builds the page for development is there.
pub(crate) fn ensure() -> Result<()> {
    ensure_target()?;
    ensure_tools()
}

/// Makes sure that rustc compiles for the browser.
pub(crate) fn ensure_target() -> Result<()> {
    wasm_target::ensure()
}

/// Makes sure that Trunk and wasm-bindgen are there.
pub(crate) fn ensure_tools() -> Result<()> {
    let trunk = CargoTool {
        program: "trunk",
        package: "trunk",
        version: "0.21.14".into(),
        // TLS is for its proxy, whose backend is the server.
        options: &["--locked", "--no-default-features", "--features", "rustls"],
        opt_level: "0",
    };
    let wasm_bindgen = CargoTool {
        program: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: locked_version("wasm-bindgen")?,
        // Without its test runner's TLS. Its lock file may name versions that a registry lacks.
        options: &["--no-default-features", "--bin", "wasm-bindgen"],
        // Every build of the page waits for it: a second and a half more at 0.
        opt_level: "1",
    };
    [wasm_bindgen, trunk].iter().try_for_each(CargoTool::ensure)
}

impl CargoTool {
    fn ensure(&self) -> Result<()> {
        let Self { program, version, .. } = self;
        if path::has_version(program, version) {
            return Ok(());
        }
        if path::find("cargo-binstall").is_some() {
            print::progress(&format!("setting up {program} {version}: cargo-binstall loads it into .tools"));
            if self.load(run::cargo(), BINSTALL_TIMEOUT)? && path::has_version(program, version) {
                return Ok(());
            }
        }
        print::progress(&format!("setting up {program} {version}: cargo builds it into .tools"));
        progress::step(program, || self.build())?;
        ensure!(
            path::has_version(program, version),
            "{program} {version} was installed into .tools but does not run; remove .tools and try again"
        );
        Ok(())
    }

    /// Has cargo-binstall load a built program; whether it did, in time.
    fn load(&self, mut cargo: Command, limit: Duration) -> Result<bool> {
        cargo.args(["binstall", "--no-confirm", "--force", "--disable-telemetry"]);
        // Building is done here.
        cargo.args(["--disable-strategies", "compile", "--root"]).arg(project::tools());
        cargo.arg(format!("{}@={}", self.package, self.version)).stdin(Stdio::null());
        // Killed when it takes longer.
        let status = Process::start(&mut cargo)?.wait_timeout(limit)?;
        Ok(status.is_some_and(|status| status.success()))
    }

    fn build(&self) -> Result<()> {
        // Its own folder, removed afterwards: nothing of it serves the project's builds.
        let target = project::target().join("tools");
        run::run(&mut self.install(&target))?;
        let _ = fs::remove_dir_all(&target);
        Ok(())
    }

    fn install(&self, target: &Path) -> Command {
        let mut cargo = run::cargo();
        cargo.args(["install", "--quiet", "--force", self.package, "--version", &self.version]);
        cargo.args(self.options).arg("--root").arg(project::tools()).env("CARGO_TARGET_DIR", target);
        let settings =
            [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0"), ("OPT_LEVEL", self.opt_level)];
        for (setting, value) in settings {
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

    #[test]
    fn a_tool_is_built_where_cargo_binstall_fails_or_takes_too_long() {
        let tool =
            CargoTool { program: "a", package: "b", version: "1.2.3".into(), options: &[], opt_level: "0" };
        let shell = |script: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", script, "cargo"]);
            shell
        };
        let long = Duration::from_secs(60);
        assert!(
            tool.load(shell("test $1 = binstall && for last; do :; done; test $last = b@=1.2.3"), long)
                .unwrap()
        );
        assert!(!tool.load(shell("exit 1"), long).unwrap());
        assert!(!tool.load(shell("sleep 60"), Duration::from_millis(1)).unwrap());
    }
}
