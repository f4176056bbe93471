//! What npm brings, in the versions of a `package-lock.json`: `wasm-opt` and `terser` for the page, Playwright for its
//! tests, what clients use. Must not know what is done with it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::{Outcome, project, run, tools};

/// As it names its version, and as Trunk asks for it.
pub(crate) const WASM_OPT: &str = "version_132";

/// Where npm puts programs.
pub(crate) fn programs() -> PathBuf {
    modules().join(".bin")
}

/// Makes sure that what makes the page small is there, and that `wasm-opt` is the right one.
pub(crate) fn ensure_tools() -> Outcome {
    ensure_packages()?;
    if tools::has_version("wasm-opt", WASM_OPT) {
        return Ok(());
    }
    Err(format!("wasm-opt does not answer {WASM_OPT}; remove web/node_modules and try again"))
}

/// Makes a script in the form of a module smaller, in place.
pub(crate) fn minify(script: &Path) -> Outcome {
    let mut terser = Command::new(programs().join("terser"));
    terser.arg(script).args(["--module", "--compress", "passes=3", "--mangle", "--output"]).arg(script);
    run::run(&mut terser)
}

/// Makes sure that the packages of `web/package-lock.json` are there.
pub(crate) fn ensure_packages() -> Outcome {
    ensure_packages_of(&project::root().join("web"), "wasm-opt, terser and Playwright")
}

/// Makes sure that the packages of the `package-lock.json` in `folder` are there: `what` a person knows of them.
pub(crate) fn ensure_packages_of(folder: &Path, what: &str) -> Outcome {
    // npm writes this file last.
    let installed = changed(folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(folder.join("package-lock.json")) {
        return Ok(());
    }
    ensure_npm()?;
    let short = folder.strip_prefix(project::root()).unwrap_or(folder).display();
    run::note(&format!("setting up {what}: npm installs them into {short}/node_modules, about 20 seconds"));
    let mut npm = Command::new("npm");
    run::run(npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))
}

/// Fails where there is no npm.
pub(crate) fn ensure_npm() -> Outcome {
    if tools::find("npm").is_some() {
        return Ok(());
    }
    Err("npm is missing: install Node 20 or newer (Debian: apt-get install nodejs npm)".into())
}

fn modules() -> PathBuf {
    project::root().join("web/node_modules")
}

fn changed(file: PathBuf) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}
