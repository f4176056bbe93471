//! Where things are in the project.

use std::path::{Path, PathBuf};

/// The top folder: of the clone in which Cargo runs, else of the one in which this program was built.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().expect("the package lies in the top folder").to_owned()
}

/// The project's own tools, apart from the person's.
pub fn tools() -> PathBuf {
    root().join(".tools")
}

/// Where npm puts the programs of `web`.
pub fn node_programs() -> PathBuf {
    root().join("web/node_modules/.bin")
}

/// Cargo's target folder, whose content can be made again.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A program of the project, as `cargo build` makes it.
pub fn program(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

/// The release page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// The report token of a server that runs in the top folder.
pub fn report_token() -> PathBuf {
    root().join("certs/report.token")
}

/// Cargo's home, with the sources of dependencies.
pub fn cargo_home() -> PathBuf {
    let usual = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(usual, PathBuf::from)
}
