//! Trunk's commands: with the project's tools, and with a configuration for other ports than the default ones.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use fs_err as fs;
use xtask::{path, project, run};

use crate::setup::{cargo_tools, node, wasm_target::TARGET};

/// The package and program of the page.
const PACKAGE: &str = "increment-web";

/// The backend in `Trunk.toml`.
const DEFAULT_BACKEND: &str = "https://localhost:5000";

/// Trunk with the tools of the project, at its top folder.
pub(crate) fn command() -> Result<Command> {
    let program = path::find("trunk").context("trunk is not installed; `cargo xtask page` sets it up")?;
    let mut trunk = Command::new(program);
    trunk.current_dir(project::root()).arg("--skip-version-check").env("PATH", path::path());
    // One place names each version: Cargo.lock the one, `node` the other. A difference would be a download.
    trunk.env("TRUNK_TOOLS_WASM_BINDGEN", cargo_tools::locked_version("wasm-bindgen")?);
    trunk.env("TRUNK_TOOLS_WASM_OPT", node::WASM_OPT);
    // Trunk parses this as a boolean and rejects the usual value, 1.
    trunk.env_remove("NO_COLOR");
    Ok(trunk)
}

/// `trunk serve` on `port`, its calls going to the server on `backend_port`; `folder` is for its own files.
pub(crate) fn serve(port: u16, backend_port: u16, folder: &Path) -> Result<Command> {
    configure(backend_port, folder)?;
    let mut trunk = command()?;
    trunk.arg("--config").arg(folder.join("Trunk.toml")).arg("serve");
    trunk.arg("--port").arg(port.to_string()).arg("--dist").arg(dist(folder));
    // The names of this machine's addresses: without a network, the search takes seconds.
    trunk.arg("--disable-address-lookup=true");
    path::without_proxy(&mut trunk);
    Ok(trunk)
}

/// Where [`serve`] with this folder puts the page.
pub(crate) fn dist(folder: &Path) -> PathBuf {
    folder.join("trunk")
}

/// What [`serve`] has Cargo build, for which Trunk itself need not be there yet.
pub(crate) fn cargo_build() -> Command {
    let mut cargo = run::cargo();
    cargo.args(["build", "--quiet", "--target", TARGET, "--package", PACKAGE, "--bin", PACKAGE]);
    cargo
}

/// Writes the configuration with another backend. Trunk resolves its paths against its folder, which gets links to the
/// real files.
fn configure(backend_port: u16, folder: &Path) -> Result<()> {
    let root = project::root();
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(&root)?.flatten() {
        if entry.file_name() != "Trunk.toml" {
            fs_err::os::unix::fs::symlink(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    let configuration = fs::read_to_string(root.join("Trunk.toml"))?;
    let backend = format!("https://localhost:{backend_port}");
    fs::write(folder.join("Trunk.toml"), configuration.replace(DEFAULT_BACKEND, &backend))?;
    Ok(())
}
