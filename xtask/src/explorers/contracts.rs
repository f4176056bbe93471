//! What the server must list: the services and methods of the contracts in `proto/`, and those that every
//! server of its kind has.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use xtask::project;

/// The methods of health checks and reflection, whose contracts are not in `proto/`.
const GIVEN: [(&str, &str); 4] = [
    ("grpc.health.v1.Health", "Check"),
    ("grpc.health.v1.Health", "Watch"),
    ("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo"),
    ("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo"),
];

/// Every service's full name, sorted, one a line.
pub(super) fn services() -> Result<String> {
    lines(|(service, _)| service)
}

/// Every method as `SERVICE/METHOD`, sorted, one a line.
pub(super) fn methods() -> Result<String> {
    lines(|(service, method)| format!("{service}/{method}"))
}

fn lines(name: fn((String, String)) -> String) -> Result<String> {
    let mut all: Vec<_> = GIVEN.map(|(service, method)| (service.to_owned(), method.to_owned())).into();
    for file in files(&project::root().join("proto"))? {
        let text = fs::read_to_string(&file)?;
        all.extend(methods_of(&text));
    }
    let mut names: Vec<_> = all.into_iter().map(name).collect();
    names.sort();
    names.dedup();
    Ok(names.join("\n"))
}

/// The files in `folder` and in the folders in it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(self::files(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

/// The services of a contract with their methods.
fn methods_of(contract: &str) -> Vec<(String, String)> {
    let (mut package, mut service, mut methods) = (String::new(), String::new(), Vec::new());
    for line in contract.lines() {
        let mut words = line.split([' ', ';', '(']).filter(|word| !word.is_empty());
        match (words.next(), words.next()) {
            (Some("package"), Some(name)) => package = format!("{name}."),
            (Some("service"), Some(name)) => service = format!("{package}{name}"),
            (Some("rpc"), Some(name)) => methods.push((service.clone(), name.to_owned())),
            _ => {}
        }
    }
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_their_service_and_its_package() {
        let contract =
            "package a.v1;\n// A service.\nservice S {\n  // An rpc.\n  rpc M(In) returns (Out);\n}";
        assert_eq!(methods_of(contract), [("a.v1.S".into(), "M".into())]);
        assert_eq!(methods_of("service S {\n  rpc M (In) returns (Out);\n}"), [("S".into(), "M".into())]);
    }
}
