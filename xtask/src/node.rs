//! What npm brings: `wasm-opt` for the page, Playwright for its tests, in the versions of
//! `web/package-lock.json`. Must not know what is done with them.

use std::{fs, path::PathBuf, process::Command, time::SystemTime};

use crate::{Outcome, project, run, tools};

/// As it names its version, and as Trunk asks for it.
pub(crate) const WASM_OPT: &str = "version_132";

/// Where npm puts programs.
pub(crate) fn programs() -> PathBuf {
    modules().join(".bin")
}

/// Makes sure that the right `wasm-opt` is there.
pub(crate) fn ensure_wasm_opt() -> Outcome {
    if tools::has_version("wasm-opt", WASM_OPT) {
        return Ok(());
    }
    ensure_packages()?;
    if tools::has_version("wasm-opt", WASM_OPT) {
        return Ok(());
    }
    Err(format!("wasm-opt does not answer {WASM_OPT}; remove web/node_modules and try again"))
}

/// Makes sure that the packages of `web/package-lock.json` are there.
pub(crate) fn ensure_packages() -> Outcome {
    let web = project::root().join("web");
    // npm writes this file last.
    let installed = changed(modules().join(".package-lock.json"));
    if installed.is_some() && installed >= changed(web.join("package-lock.json")) {
        return Ok(());
    }
    if tools::find("npm").is_none() {
        return Err("npm is missing: install Node 20 or newer (Debian: apt-get install nodejs npm)".into());
    }
    run::note(
        "setting up wasm-opt and Playwright: npm installs them into web/node_modules, about 20 seconds",
    );
    run::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(web))
}

fn modules() -> PathBuf {
    project::root().join("web/node_modules")
}

fn changed(file: PathBuf) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}
