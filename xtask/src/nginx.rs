//! nginx, for the tests behind it: Debian's, unpacked and not installed, since installed it would serve port 80.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Outcome, debian, project, run};

/// Where Debian has it; only root has the folder in the PATH.
const INSTALLED: &str = "/usr/sbin/nginx";

/// Makes sure that it is there.
pub(crate) fn ensure() -> Outcome {
    if program().is_file() {
        return Ok(());
    }
    run::note("setting up nginx: apt-get loads it into .tools, 1 MB");
    let folder = folder();
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    debian::unpack(&mut Command::new("apt-get"), "nginx", &folder)
        .map_err(|reason| format!("nginx is missing ({reason}); type: sudo apt-get install nginx"))
}

/// The program, there or not.
pub(crate) fn program() -> PathBuf {
    let installed = Path::new(INSTALLED);
    let unpacked = || folder().join(debian::UNPACKED).join("usr/sbin/nginx");
    if installed.is_file() { installed.to_owned() } else { unpacked() }
}

fn folder() -> PathBuf {
    project::tools().join("nginx")
}
