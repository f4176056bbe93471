//! Where things are in the project. Must not touch them.

use std::path::{Path, PathBuf};

/// The top folder. Cargo says at run time which clone it runs in; a copied program asks its build.
pub(crate) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&xtask).parent().expect("xtask lies in the top folder").to_owned()
}

/// The project's own tools, apart from the person's.
pub(crate) fn tools() -> PathBuf {
    root().join(".tools")
}

/// What a command makes and may make anew: Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The release page.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The report token of a server that runs in the top folder.
pub(crate) fn report_token() -> PathBuf {
    root().join("certs/report.token")
}

/// Where Cargo keeps the sources of other people's crates.
pub(crate) fn cargo_home() -> PathBuf {
    let usual = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(usual, PathBuf::from)
}
