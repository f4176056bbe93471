//! The programs that come from Debian: installed as root, else named in the one command to type. Must not
//! know what needs them.

use std::process::Command;

use crate::{Outcome, run, tools};

/// A Debian package and how to see that it is there.
pub(crate) struct Package {
    name: &'static str,
    present: fn() -> bool,
}

pub(crate) const CHROMIUM: Package =
    Package { name: "chromium", present: || tools::find("chromium").is_some() };
pub(crate) const CERTUTIL: Package =
    Package { name: "libnss3-tools", present: || tools::find("certutil").is_some() };
pub(crate) const H2LOAD: Package =
    Package { name: "nghttp2-client", present: || tools::find("h2load").is_some() };
pub(crate) const PYTHON: Package = Package {
    name: "python3-venv",
    present: || run::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])),
};

/// Makes sure that `packages` are there.
pub(crate) fn ensure(packages: &[Package]) -> Outcome {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    let remedy = format!("missing: {names}. Type: sudo apt-get install {names}");
    if !nix::unistd::Uid::effective().is_root() || tools::find("apt-get").is_none() {
        return Err(remedy);
    }
    run::note(&format!("setting up {names}: apt-get installs them, about a minute"));
    run::run(apt_get().arg("update")).map_err(|error| format!("{remedy} ({error})"))?;
    run::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
        .map_err(|error| format!("{remedy} ({error})"))
}

fn missing(packages: &[Package]) -> Vec<&'static str> {
    packages.iter().filter(|package| !(package.present)()).map(|package| package.name).collect()
}

fn apt_get() -> Command {
    let mut apt_get = Command::new("apt-get");
    apt_get.arg("--quiet=2").env("DEBIAN_FRONTEND", "noninteractive");
    apt_get
}
