//! nginx, for the tests behind it: Debian's, unpacked and not installed, since installed it would serve port
//! 80.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use fs_err as fs;
use xtask::{debian, print, project};

/// Where Debian has it; only root has the folder in the PATH.
const INSTALLED: &str = "/usr/sbin/nginx";

/// Makes sure that it is there.
pub(crate) fn ensure() -> Result<()> {
    if program().is_file() {
        return Ok(());
    }
    print::progress("setting up nginx: apt-get loads it into .tools, 1 MB");
    let folder = folder();
    fs::create_dir_all(&folder)?;
    debian::unpack(&mut Command::new("apt-get"), "nginx", &folder)
        .context("nginx is missing; type: sudo apt-get install nginx")
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
