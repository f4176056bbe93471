//! The layers of the project: no file imports one that imports it back, in any number of steps, and no crate depends
//! on one that it must not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod circles;
mod imports;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;

/// The demo's backend: a program, and nobody's library.
const SERVER: &str = "increment-server";
/// The library that other projects take as it is, and the word it must not contain.
const LIBRARY: (&str, &str) = ("oneport", "increment");

#[test]
fn no_file_imports_one_that_imports_it_back() {
    let mut failures = Vec::new();
    let mut number = 0;
    for package in packages() {
        for target in package["targets"].as_array().expect("cargo lists targets") {
            let root = PathBuf::from(text(&target["src_path"]));
            for (files, circle) in circles::find(&imports::of_target(&root)) {
                number += files.len();
                let circle: Vec<_> = circle.iter().map(|file| below_root(file)).collect();
                failures.push(format!("{} files: {}", files.len(), circle.join(" -> ")));
            }
        }
    }
    assert!(failures.is_empty(), "{number} files in circles:\n{}", failures.join("\n"));
}

#[test]
fn no_crate_depends_on_the_server() {
    let depends = |package: &Value| {
        let dependencies = package["dependencies"].as_array().expect("cargo lists dependencies");
        dependencies.iter().any(|dependency| dependency["name"] == SERVER)
    };
    let dependents: Vec<_> = packages().iter().filter(|package| depends(package)).map(name).collect();
    assert!(dependents.is_empty(), "{dependents:?} depend on {SERVER}");
}

#[test]
fn the_library_is_independent_of_the_demo() {
    let (library, word) = LIBRARY;
    for package in packages().iter().filter(|package| package["name"] == library) {
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let folder = manifest.parent().expect("a manifest lies in a folder");
        for file in source_files(folder).into_iter().chain([manifest.clone()]) {
            let content = fs::read_to_string(&file).unwrap();
            let line = content.lines().position(|line| line.to_lowercase().contains(word));
            assert_eq!(line.map(|line| line + 1), None, "line of {} that has `{word}`", below_root(&file));
        }
    }
}

/// The packages of the workspace, as `cargo metadata` describes them.
fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root()).args(["metadata", "--no-deps", "--offline", "--format-version=1"]);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    match metadata["packages"].take() {
        Value::Array(packages) if !packages.is_empty() => packages,
        other => panic!("cargo metadata has no packages: {other}"),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the top folder")
}

fn below_root(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn name(package: &Value) -> String {
    text(&package["name"]).to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo gives a text")
}

/// The Rust files in `folder` and in the folders in it.
fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The circles in a target made of `files`, whose first one is the root, as chains of file names.
fn circles_in(files: &[(&str, &str)]) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let name = |file: &PathBuf| file.strip_prefix(folder.path()).unwrap().display().to_string();
    circles::find(&imports::of_target(&folder.path().join(files[0].0)))
        .iter()
        .map(|(_, circle)| circle.iter().map(name).collect::<Vec<_>>().join(" -> "))
        .collect()
}

#[test]
fn a_circle_of_three_files_is_reported() {
    let circles = circles_in(&[
        ("lib.rs", "mod a; mod b { pub mod c; }"),
        ("a.rs", "use crate::{b::{c::{self as see, X}}, std};"),
        ("b/c.rs", "use super::super::d::Y;"),
        ("a/unrelated.rs", "this is not Rust"),
    ]);
    assert!(circles.is_empty(), "{circles:?}");
    let circles = circles_in(&[
        ("lib.rs", "mod a; mod b { pub mod c; } mod d;"),
        ("a.rs", "use crate::{b::{c::{self as see, X}}, std};"),
        ("b/c.rs", "fn local() { use super::super::d::Y; }"),
        ("d/mod.rs", "use super::a::{\n    Z,\n};"),
    ]);
    assert_eq!(circles, ["a.rs -> b/c.rs -> d/mod.rs -> a.rs"]);
}

#[test]
fn a_child_that_imports_from_its_parent_is_in_a_circle_with_it() {
    let child = ("a/child.rs", "use super::Limit;");
    let circles = circles_in(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod child; pub use child::Thing; pub struct Limit;"),
        child,
    ]);
    assert_eq!(circles, ["a/child.rs -> a.rs -> a/child.rs"]);
    let circles = circles_in(&[("lib.rs", "mod a;"), ("a.rs", "mod child; pub struct Limit;"), child]);
    assert!(circles.is_empty(), "a declaration is no import: {circles:?}");
    let circles = circles_in(&[
        ("lib.rs", "mod a; pub use a::*;"),
        ("a.rs", "mod child; mod limits; pub use self::{child::Thing, limits::*};"),
        ("a/child.rs", "use super::limits::Limit;"),
        ("a/limits.rs", "pub struct Limit;"),
    ]);
    assert!(circles.is_empty(), "siblings by their deep paths: {circles:?}");
}

#[test]
fn facades_and_tests_count_as_what_they_are() {
    let circles = circles_in(&[
        ("main.rs", "mod a; pub use a::run as go; fn main() {}"),
        ("a.rs", "use crate::go; pub fn run() {}"),
    ]);
    assert_eq!(circles, ["a.rs -> main.rs -> a.rs"]);
    let circles = circles_in(&[
        ("lib.rs", "mod a; mod r#type; #[path = \"other.rs\"] mod b;"),
        ("a.rs", "use ::b::X; use tokio::b; #[cfg(test)] use crate::r#type;"),
        ("type.rs", "use crate::a; use crate::b; use self::Kind::*; enum Kind {}"),
        ("other.rs", "#[cfg(test)] mod tests { use super::*; use crate::r#type::X; }"),
    ]);
    assert!(circles.is_empty(), "{circles:?}");
}
