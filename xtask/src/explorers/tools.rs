//! Where the tools are: grpcurl and grpcui as Go builds them from `clients/explorers`, buf as npm brings it, and the
//! machine's curl. Must not know what they do.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use crate::{Outcome, debian, node, project, run, tools};

/// What Go builds, from its module's path to the program's name.
const GO_PROGRAMS: [&str; 2] =
    ["github.com/fullstorydev/grpcui/cmd/grpcui", "github.com/fullstorydev/grpcurl/cmd/grpcurl"];

/// The tools' programs.
pub(super) struct Tools {
    pub(super) buf: PathBuf,
    pub(super) curl: PathBuf,
    pub(super) grpcui: PathBuf,
    pub(super) grpcurl: PathBuf,
}

impl Tools {
    /// Makes sure that they are there. Fails where the machine lacks something, and tells what to do.
    pub(super) fn ensure() -> Outcome<Self> {
        // grpcui's page wants them.
        debian::ensure(&[debian::CHROMIUM, debian::CERTUTIL])?;
        node::ensure_packages()?;
        Self::ensure_callers()
    }

    /// The same without a browser.
    pub(super) fn ensure_callers() -> Outcome<Self> {
        let curl = find("curl", "install it (Debian: apt-get install curl)")?;
        let browser = project::root().join("clients/browser");
        node::ensure_packages_of(&browser, "Connect, buf and esbuild")?;
        let built = built();
        ensure_built(&built)?;
        let (grpcui, grpcurl) = (built.join("grpcui"), built.join("grpcurl"));
        Ok(Self { buf: browser.join("node_modules/.bin/buf"), curl, grpcui, grpcurl })
    }
}

/// Where grpcurl and buf are.
pub(super) fn folders() -> [PathBuf; 2] {
    [built(), project::root().join("clients/browser/node_modules/.bin")]
}

fn built() -> PathBuf {
    project::target().join("explorers")
}

fn find(program: &str, remedy: &str) -> Outcome<PathBuf> {
    tools::find(program).ok_or_else(|| format!("{program} is missing: {remedy}"))
}

/// Builds what is missing in `folder`, or older than its versions.
fn ensure_built(folder: &Path) -> Outcome {
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
    run::note("setting up grpcurl and grpcui: Go fetches and builds them, about a minute");
    let mut go = Command::new(go);
    // With the separator it is a folder, also where it is not there yet.
    go.current_dir(module).args(["build", "-buildvcs=false", "-o"]).arg(folder.join("")).args(GO_PROGRAMS);
    run::run(&mut go)
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}
