//! The sources of the standard library, of the very version that rustc has: rustup's, and where rustup is absent or is
//! not answered, Debian's `rust-src`. Must not know what is built of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Outcome, debian, project, run, tools};

/// The releases in which Debian has recent compilers' sources; `rust-src` is the same for every release and machine.
const DEBIAN_RELEASES: [&str; 2] = ["trixie-backports", "sid"];
const DEBIAN_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Makes sure that the sources are there; their folder.
pub(crate) fn ensure() -> Outcome<PathBuf> {
    let ours = from_rustup()?;
    if ours.is_dir() {
        return Ok(ours);
    }
    let version = rustc_version()?;
    let work = project::tools().join(format!("rust-src-{version}"));
    let debians = work.join(debian::UNPACKED).join(format!("usr/src/rustc-{version}/library"));
    if debians.is_dir() {
        return Ok(debians);
    }
    if tools::find("rustup").is_some() {
        run::note("setting up the standard library's sources: rustup loads 4 MB");
        let mut rustup = Command::new("rustup");
        rustup.args(["component", "add", "rust-src"]).current_dir(project::root());
        if run::run(&mut rustup).is_ok() && ours.is_dir() {
            return Ok(ours);
        }
    }
    run::note(&format!(
        "setting up the standard library's sources: rustup did not bring them; Debian's rust-src {version}"
    ));
    unpack_from_debian(&version, &work).map_err(|reason| {
        format!("the standard library's sources are missing ({reason}); type: rustup component add rust-src")
    })?;
    if debians.is_dir() {
        Ok(debians)
    } else {
        Err(format!("Debian's rust-src has no {}", debians.display()))
    }
}

/// Lets a stable cargo build the standard library from `source`, which it does only when told so.
pub(crate) fn allow_building(cargo: &mut Command, source: &Path) {
    cargo.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", source);
}

/// Where rustup puts them.
fn from_rustup() -> Outcome<PathBuf> {
    let mut rustc = Command::new("rustc");
    let root = run::output(rustc.args(["--print", "sysroot"]).current_dir(project::root()))?;
    Ok(Path::new(&root).join("lib/rustlib/src/rust/library"))
}

fn rustc_version() -> Outcome<String> {
    let line = run::output(Command::new("rustc").arg("--version").current_dir(project::root()))?;
    line.split_whitespace().nth(1).map(str::to_owned).ok_or(format!("rustc --version answers `{line}`"))
}

/// Loads and unpacks Debian's package with lists of its own, so that neither root nor a change to the system's
/// sources is needed.
fn unpack_from_debian(version: &str, work: &Path) -> Outcome {
    let _ = fs::remove_dir_all(work);
    let lists = work.join("lists");
    fs::create_dir_all(lists.join("partial")).map_err(at(&lists))?;
    let archive = debian_archive()?;
    let lines =
        DEBIAN_RELEASES.map(|release| format!("deb [signed-by={DEBIAN_KEYS}] {archive} {release} main\n"));
    let sources = work.join("sources.list");
    fs::write(&sources, lines.concat()).map_err(at(&sources))?;
    run::run(apt("apt-get", work).args(["--quiet=2", "update"]))?;
    let known = run::output(apt("apt-cache", work).args(["madison", "rust-src"]))?;
    let package = known
        .lines()
        .filter_map(|line| line.split('|').nth(1).map(str::trim))
        .find(|known| known.split(['+', '-', '~']).next() == Some(version))
        .ok_or(format!("Debian has no rust-src {version}"))?;
    debian::unpack(&mut apt("apt-get", work), &format!("rust-src={package}"), work)
}

/// The archive, or its mirror, from which this machine takes Debian's packages.
fn debian_archive() -> Outcome<String> {
    let known = run::output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]))?;
    let archive = known.lines().find(|uri| uri.trim_end_matches('/').ends_with("/debian"));
    archive.map(str::to_owned).ok_or("apt's sources name no archive of Debian".into())
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

fn at(path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}
