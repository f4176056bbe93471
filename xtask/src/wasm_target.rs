//! The standard library for wasm32-unknown-unknown: from rustup, and where rustup is absent or is not
//! answered, built from Debian's `rust-src` of the same version. Must not mix the two: the folder is
//! filled whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Outcome, project, run, tools};

const TARGET: &str = "wasm32-unknown-unknown";
/// The releases in which Debian has recent compilers' sources; `rust-src` is the same for every release and machine.
const DEBIAN_RELEASES: [&str; 2] = ["trixie-backports", "sid"];
const DEBIAN_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Makes sure that rustc can compile for the browser.
pub(crate) fn ensure() -> Outcome {
    let library = library_folder()?;
    if has_std(&library) {
        return Ok(());
    }
    if tools::find("rustup").is_some() {
        run::note(&format!("setting up the {TARGET} target: rustup loads 20 MB"));
        if run::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(project::root()))
            .is_ok()
            && has_std(&library)
        {
            return Ok(());
        }
    }
    let version = rustc_version()?;
    run::note(&format!(
        "setting up the {TARGET} target: rustup did not bring it; building it from Debian's rust-src \
         {version}, about 2 minutes"
    ));
    build_from_debian(&version, &library).map_err(|reason| {
        format!("rustc has no {TARGET} target ({reason}); type: rustup target add {TARGET}")
    })
}

/// The folder in which rustc looks for the target's libraries.
fn library_folder() -> Outcome<PathBuf> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(project::root());
    run::output(&mut rustc).map(PathBuf::from)
}

fn has_std(library: &Path) -> bool {
    let files = fs::read_dir(library).into_iter().flatten().flatten();
    files.map(|file| file.file_name()).any(|name| name.to_string_lossy().starts_with("libstd-"))
}

fn rustc_version() -> Outcome<String> {
    let line = run::output(Command::new("rustc").arg("--version").current_dir(project::root()))?;
    line.split_whitespace().nth(1).map(str::to_owned).ok_or(format!("rustc --version answers `{line}`"))
}

fn build_from_debian(version: &str, library: &Path) -> Outcome {
    let work = project::target().join("wasm-std");
    make_empty(&work)?;
    fetch_source(version, &work)?;
    let source = work.join(format!("unpacked/usr/src/rustc-{version}/library"));
    if !source.is_dir() {
        return Err(format!("Debian's rust-src has no {}", source.display()));
    }
    build_std(&work, &source)?;
    install(&work.join("target").join(TARGET).join("release/deps"), library)?;
    let _ = fs::remove_dir_all(work);
    Ok(())
}

/// Loads and unpacks the package with lists of its own, so that neither root nor a change to the system's
/// sources is needed.
fn fetch_source(version: &str, work: &Path) -> Outcome {
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
    run::run(apt("apt-get", work).args(["--quiet=2", "download"]).arg(format!("rust-src={package}")))?;
    let files = fs::read_dir(work).map_err(at(work))?.flatten().map(|file| file.path());
    let archive = files.into_iter().find(|file| file.extension().is_some_and(|name| name == "deb"));
    let archive = archive.ok_or("apt-get download brought no file")?;
    run::run(Command::new("dpkg").arg("--extract").arg(archive).arg(work.join("unpacked")))
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
        // A person's own folder is closed to apt's helper user.
        "APT::Sandbox::User=root".into(),
    ] {
        apt.args(["-o", &setting]);
    }
    apt
}

/// Builds the standard library for an empty crate.
fn build_std(work: &Path, source: &Path) -> Outcome {
    let manifest =
        "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n[lib]\npath = \"empty.rs\"\n";
    fs::write(work.join("Cargo.toml"), manifest).map_err(at(work))?;
    fs::write(work.join("empty.rs"), "#![no_std]\n").map_err(at(work))?;
    let mut cargo = run::cargo();
    cargo.current_dir(work).args(["build", "--quiet", "--release", "--target", TARGET]);
    cargo.arg("-Zbuild-std=std,panic_abort,proc_macro,test");
    // The stable compiler builds its own library only when told so.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", source);
    cargo.env("RUSTFLAGS", "-Cembed-bitcode=yes").env("CARGO_TARGET_DIR", work.join("target"));
    run::run(&mut cargo)
}

/// Copies the libraries beside their place, then moves them there in one step.
fn install(built: &Path, library: &Path) -> Outcome {
    let new = library.with_extension("new");
    make_empty(&new)?;
    let files = fs::read_dir(built).map_err(at(built))?.flatten().map(|file| file.path());
    for file in files.filter(|file| file.extension().is_some_and(|name| name == "rlib")) {
        let name = file.file_name().expect("an entry of a folder has a name");
        if name.to_string_lossy().starts_with("libempty-") {
            continue;
        }
        fs::copy(&file, new.join(name)).map_err(at(&file))?;
    }
    match fs::remove_dir_all(library) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(library)(error)),
        _ => fs::rename(&new, library).map_err(at(library)),
    }
}

fn make_empty(folder: &Path) -> Outcome {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(at(folder))
}

fn at(path: &Path) -> impl Fn(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}
