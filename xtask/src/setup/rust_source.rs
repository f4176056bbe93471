//! The sources of the standard library, in the version of rustc: rustup's, and where rustup is absent or fails,
//! Debian's `rust-src`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, ensure};
use fs_err as fs;
use xtask::{debian, path, print, project, run};

/// The releases in which Debian has recent compilers' sources; `rust-src` is the same for every release and machine.
const DEBIAN_RELEASES: [&str; 2] = ["trixie-backports", "sid"];
const DEBIAN_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Makes sure that the sources are there; their folder.
pub(crate) fn ensure() -> Result<PathBuf> {
    let rustups = rustups_folder()?;
    if rustups.is_dir() {
        return Ok(rustups);
    }
    let version = rustc_version()?;
    let work = project::tools().join(format!("rust-src-{version}"));
    let debians = work.join(debian::UNPACKED).join(format!("usr/src/rustc-{version}/library"));
    if debians.is_dir() {
        return Ok(debians);
    }
    if path::find("rustup").is_some() {
        print::progress("setting up the standard library's sources: rustup loads 4 MB");
        let mut rustup = Command::new("rustup");
        rustup.args(["component", "add", "rust-src"]).current_dir(project::root());
        if run::run(&mut rustup).is_ok() && rustups.is_dir() {
            return Ok(rustups);
        }
    }
    print::progress(&format!(
        "setting up the standard library's sources: rustup has none; Debian's rust-src {version}"
    ));
    unpack_from_debian(&version, &work)
        .context("the standard library's sources are missing; type: rustup component add rust-src")?;
    ensure!(debians.is_dir(), "Debian's rust-src has no {}", debians.display());
    Ok(debians)
}

/// Lets a stable cargo build the standard library from `source`, which needs these variables.
pub(crate) fn allow_building(cargo: &mut Command, source: &Path) {
    cargo.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", source);
}

/// Where rustup puts them.
fn rustups_folder() -> Result<PathBuf> {
    let mut rustc = Command::new("rustc");
    let root = run::output(rustc.args(["--print", "sysroot"]).current_dir(project::root()))?;
    Ok(Path::new(&root).join("lib/rustlib/src/rust/library"))
}

fn rustc_version() -> Result<String> {
    let line = run::output(Command::new("rustc").arg("--version").current_dir(project::root()))?;
    line.split_whitespace()
        .nth(1)
        .map(str::to_owned)
        .ok_or_else(|| anyhow!("rustc --version prints `{line}`"))
}

/// Loads and unpacks Debian's package with lists of its own, so that neither root nor a change to the system's
/// sources is needed.
fn unpack_from_debian(version: &str, work: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(work);
    let lists = work.join("lists");
    fs::create_dir_all(lists.join("partial"))?;
    let archive = debian_archive()?;
    let lines =
        DEBIAN_RELEASES.map(|release| format!("deb [signed-by={DEBIAN_KEYS}] {archive} {release} main\n"));
    let sources = work.join("sources.list");
    fs::write(&sources, lines.concat())?;
    run::run(apt("apt-get", work).args(["--quiet=2", "update"]))?;
    let known = run::output(apt("apt-cache", work).args(["madison", "rust-src"]))?;
    let package = known
        .lines()
        .filter_map(|line| line.split('|').nth(1).map(str::trim))
        .find(|known| known.split(['+', '-', '~']).next() == Some(version))
        .ok_or_else(|| anyhow!("Debian has no rust-src {version}"))?;
    debian::unpack(&mut apt("apt-get", work), &format!("rust-src={package}"), work)
}

/// The archive, or its mirror, from which this machine takes Debian's packages.
fn debian_archive() -> Result<String> {
    let known = run::output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]))?;
    let archive = known.lines().find(|uri| uri.trim_end_matches('/').ends_with("/debian"));
    archive.map(str::to_owned).context("apt's sources name no archive of Debian")
}

fn apt(program: &str, work: &Path) -> Command {
    let mut apt = Command::new(program);
    apt.current_dir(work);
    let folder = work.display();
    for setting in [
        format!("Dir::Etc::SourceList={folder}/sources.list"),
        "Dir::Etc::SourceParts=-".into(),
        format!("Dir::State::Lists={folder}/lists"),
        format!("Dir::Cache={folder}"),
    ] {
        apt.args(["-o", &setting]);
    }
    apt
}
