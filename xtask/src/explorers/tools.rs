//! Where the tools are: grpcurl and grpcui as Go builds them from `clients/explorers`, buf as npm brings it,
//! and the machine's curl.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use anyhow::{Result, anyhow};
use fs_err as fs;
use xtask::{debian, path, print, project, run};

use crate::setup::node;

/// What Go builds, from its module's path to the program's name.
const GO_PROGRAMS: [&str; 2] =
    ["github.com/fullstorydev/grpcui/cmd/grpcui", "github.com/fullstorydev/grpcurl/cmd/grpcurl"];

/// The tools' programs.
pub(crate) struct Tools {
    pub(crate) buf: PathBuf,
    pub(super) curl: PathBuf,
    pub(super) grpcui: PathBuf,
    pub(crate) grpcurl: PathBuf,
}

impl Tools {
    /// Makes sure that they are there. Fails with what to install where the machine lacks something.
    pub(super) fn ensure() -> Result<Self> {
        // They open grpcui's page.
        debian::ensure(&[debian::CHROMIUM, debian::CERTUTIL])?;
        node::ensure_packages()?;
        Self::ensure_callers()
    }

    /// The same without a browser.
    pub(crate) fn ensure_callers() -> Result<Self> {
        let curl = find("curl", "install it (Debian: apt-get install curl)")?;
        let browser = project::root().join("clients/browser");
        node::ensure_packages_of(&browser, "Connect, buf and esbuild")?;
        let built = built();
        ensure_built(&built)?;
        let (grpcui, grpcurl) = (built.join("grpcui"), built.join("grpcurl"));
        Ok(Self { buf: browser.join("node_modules/.bin/buf"), curl, grpcui, grpcurl })
    }
}

fn built() -> PathBuf {
    project::target().join("explorers")
}

fn find(program: &str, remedy: &str) -> Result<PathBuf> {
    path::find(program).ok_or_else(|| anyhow!("{program} is missing: {remedy}"))
}

/// Builds what is missing in `folder`, or older than its versions.
fn ensure_built(folder: &Path) -> Result<()> {
    let module = project::root().join("clients/explorers");
    let versions = ["go.mod", "go.sum"].map(|file| changed(&module.join(file))).into_iter().max().flatten();
    let is_new = |path: &str| {
        let built = Path::new(path).file_name().and_then(|name| changed(&folder.join(name)));
        built.is_some() && built >= versions
    };
    if GO_PROGRAMS.iter().all(|path| is_new(path)) {
        return Ok(());
    }
    let go = find("go", "install Go 1.26 or newer, see https://go.dev/dl")?;
    print::progress("setting up grpcurl and grpcui: Go fetches and builds them, about a minute");
    let mut go = Command::new(go);
    // With the separator it is a folder, also where it is not there yet.
    go.current_dir(module).args(["build", "-buildvcs=false", "-o"]).arg(folder.join("")).args(GO_PROGRAMS);
    run::run(&mut go)
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}
