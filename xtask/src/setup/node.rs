//! What npm brings, in the versions of a `package-lock.json`: `wasm-opt` and `terser` for the page,
//! Playwright and Puppeteer for its tests, what clients use.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Result, anyhow};
use fs_err as fs;
use xtask::{path, print, project, run};

/// Its version, in the form in which it prints it and Trunk wants it.
pub(crate) const WASM_OPT: &str = "version_132";

/// Makes sure that `terser` and the right version of `wasm-opt` are there.
pub(crate) fn ensure_tools() -> Result<()> {
    ensure_packages()?;
    if path::has_version("wasm-opt", WASM_OPT) {
        return Ok(());
    }
    Err(anyhow!("wasm-opt is not {WASM_OPT}; remove web/node_modules and try again"))
}

/// Minifies a script, a module, in place.
pub(crate) fn minify(script: &Path) -> Result<()> {
    let mut terser = Command::new(project::node_programs().join("terser"));
    terser.arg(script).args(["--module", "--compress", "passes=3", "--mangle", "--output"]).arg(script);
    run::run(&mut terser)
}

/// Makes sure that the packages of `web/package-lock.json` are there.
pub(crate) fn ensure_packages() -> Result<()> {
    ensure_packages_of(&project::root().join("web"), "wasm-opt, terser, Playwright and Puppeteer")
}

/// Makes sure that the packages of the `package-lock.json` in `folder` are there; `what` names them for a person.
pub(crate) fn ensure_packages_of(folder: &Path, what: &str) -> Result<()> {
    // npm writes this file last.
    let installed = changed(folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(folder.join("package-lock.json")) {
        return Ok(());
    }
    ensure_npm()?;
    let short = folder.strip_prefix(project::root()).unwrap_or(folder).display();
    print::progress(&format!(
        "setting up {what}: npm installs them into {short}/node_modules, about 20 seconds"
    ));
    let mut npm = Command::new("npm");
    run::run(npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))
}

/// Fails where there is no npm.
pub(crate) fn ensure_npm() -> Result<()> {
    if path::find("npm").is_some() {
        return Ok(());
    }
    Err(anyhow!("npm is missing: install Node 20 or newer (Debian: apt-get install nodejs npm)"))
}

fn changed(file: PathBuf) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}
