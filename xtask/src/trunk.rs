//! How Trunk is called: the right program, the project's tools, and a configuration for other ports than
//! the usual. Must not know what the page is.

use std::{fs, io, os::unix::fs::symlink, path::Path, process::Command};

use crate::{Outcome, node, project, tools};

/// The backend in `Trunk.toml`.
const USUAL_BACKEND: &str = "https://localhost:5000";

/// Trunk with the tools of the project, at its top folder.
pub(crate) fn command() -> Outcome<Command> {
    let program = tools::find("trunk").ok_or("trunk is not installed; `cargo xtask page` sets it up")?;
    let mut trunk = Command::new(program);
    trunk.current_dir(project::root()).arg("--skip-version-check").env("PATH", tools::path());
    // One place names each version: Cargo.lock the one, `node` the other. A difference would be a download.
    trunk.env("TRUNK_TOOLS_WASM_BINDGEN", tools::locked_version("wasm-bindgen")?);
    trunk.env("TRUNK_TOOLS_WASM_OPT", node::WASM_OPT);
    // Trunk reads this as a yes or no and refuses the 1 that people set.
    trunk.env_remove("NO_COLOR");
    Ok(trunk)
}

/// `trunk serve` on `port`, its calls going to the server on `backend_port`; `folder` is for its own files.
pub(crate) fn serve(port: u16, backend_port: u16, folder: &Path) -> Outcome<Command> {
    let failed = |error| format!("{}: {error}", folder.display());
    configure(backend_port, folder).map_err(failed)?;
    let mut trunk = command()?;
    trunk.arg("--config").arg(folder.join("Trunk.toml")).arg("serve");
    trunk.arg("--port").arg(port.to_string()).arg("--dist").arg(folder.join("trunk"));
    // The calls stay on this machine.
    trunk.env("NO_PROXY", "localhost,127.0.0.1,::1").env("no_proxy", "localhost,127.0.0.1,::1");
    Ok(trunk)
}

/// Writes the configuration with another backend. Trunk takes every path in it from the folder it lies in:
/// links stand there for the real ones.
fn configure(backend_port: u16, folder: &Path) -> io::Result<()> {
    let root = project::root();
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(&root)?.flatten() {
        if entry.file_name() != "Trunk.toml" {
            symlink(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    let usual = fs::read_to_string(root.join("Trunk.toml"))?;
    let backend = format!("https://localhost:{backend_port}");
    fs::write(folder.join("Trunk.toml"), usual.replace(USUAL_BACKEND, &backend))
}
