//! The standard library for wasm32-unknown-unknown: rustup's, and where rustup is absent or fails, built from its
//! sources. Its folder is filled as a whole or not at all.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use fs_err as fs;
use xtask::{path, print, project, run};

use crate::setup::rust_source;

/// What runs in a browser.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that rustc can compile for the browser.
pub(crate) fn ensure() -> Result<()> {
    let library = library_folder()?;
    if has_std(&library) {
        return Ok(());
    }
    if path::find("rustup").is_some() {
        print::progress(&format!("setting up the {TARGET} target: rustup loads 20 MB"));
        if run::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(project::root()))
            .is_ok()
            && has_std(&library)
        {
            return Ok(());
        }
    }
    print::progress(&format!(
        "setting up the {TARGET} target: rustup has none; building it from its sources, about 2 minutes"
    ));
    build_from_source(&library)
        .with_context(|| format!("rustc has no {TARGET} target; type: rustup target add {TARGET}"))
}

/// The folder in which rustc looks for the target's libraries.
fn library_folder() -> Result<PathBuf> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", TARGET]).current_dir(project::root());
    run::output(&mut rustc).map(PathBuf::from)
}

fn has_std(library: &Path) -> bool {
    let files = fs::read_dir(library).into_iter().flatten().flatten();
    files.map(|file| file.file_name()).any(|name| name.to_string_lossy().starts_with("libstd-"))
}

fn build_from_source(library: &Path) -> Result<()> {
    let source = rust_source::ensure()?;
    let work = project::target().join("wasm-std");
    make_empty(&work)?;
    build_std(&work, &source)?;
    install(&work.join("target").join(TARGET).join("release/deps"), library)?;
    let _ = fs::remove_dir_all(work);
    Ok(())
}

/// Builds the standard library for an empty crate.
fn build_std(work: &Path, source: &Path) -> Result<()> {
    let manifest =
        "[package]\nname = \"empty\"\nedition = \"2024\"\n[workspace]\n[lib]\npath = \"empty.rs\"\n";
    fs::write(work.join("Cargo.toml"), manifest)?;
    fs::write(work.join("empty.rs"), "#![no_std]\n")?;
    let mut cargo = run::cargo();
    cargo.current_dir(work).args(["build", "--quiet", "--release", "--target", TARGET]);
    cargo.arg("-Zbuild-std=std,panic_abort,proc_macro,test");
    rust_source::allow_building(&mut cargo, source);
    cargo.env("RUSTFLAGS", "-Cembed-bitcode=yes").env("CARGO_TARGET_DIR", work.join("target"));
    run::run(&mut cargo)
}

/// Copies the libraries beside their place, then moves them there in one step.
fn install(built: &Path, library: &Path) -> Result<()> {
    let new = library.with_extension("new");
    make_empty(&new)?;
    let files = fs::read_dir(built)?.flatten().map(|file| file.path());
    for file in files.filter(|file| file.extension().is_some_and(|name| name == "rlib")) {
        let name = file.file_name().expect("an entry of a folder has a name");
        if name.to_string_lossy().starts_with("libempty-") {
            continue;
        }
        fs::copy(&file, new.join(name))?;
    }
    let _ = fs::remove_dir_all(library);
    Ok(fs::rename(&new, library)?)
}

fn make_empty(folder: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(folder);
    Ok(fs::create_dir_all(folder)?)
}
