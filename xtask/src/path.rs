//! PATH with the project's own tools first.

use std::{
    env,
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{project, run};

/// Addresses of this machine, as the variable NO_PROXY names them.
const THIS_MACHINE: &str = "localhost,127.0.0.1,::1";

/// The value of PATH.
pub fn path() -> OsString {
    with([project::tools().join("bin"), project::node_programs()])
}

/// PATH as a person has it, after `folders`.
pub fn with(folders: impl IntoIterator<Item = PathBuf>) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    // Only a colon in the project's own path can fail here; the person's PATH then has to do.
    env::join_paths(folders.into_iter().chain(env::split_paths(&path))).unwrap_or(path)
}

/// The file of `program`.
pub fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&path()).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether `version` is a word of what `program --version` prints.
pub fn has_version(program: &str, version: &str) -> bool {
    let Some(file) = find(program) else { return false };
    let printed = run::output(Command::new(file).arg("--version").env("PATH", path()).stderr(Stdio::null()));
    printed.is_ok_and(|text| text.split_whitespace().any(|word| word.trim_matches(['(', ')']) == version))
}

/// Keeps the calls of `command` to this machine away from a proxy.
pub fn without_proxy(command: &mut Command) -> &mut Command {
    command.env("NO_PROXY", THIS_MACHINE).env("no_proxy", THIS_MACHINE)
}
