//! The copy of the page that the demo's server serves: the release page and a script that reloads it when it changes.

use std::{
    cmp::Reverse,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use fs_err as fs;
use xtask::project;

use crate::page::{build, compress};

const SCRIPT: &str = include_str!("reload.js");

/// Copies the release page into `folder`, in place of an older copy that the server has in memory.
pub(crate) fn copy_page(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let files = build::files(&project::dist())?;
    remove_others(folder, &files)?;
    write(&folder.join("reload.js"), SCRIPT.as_bytes())?;
    let mut index = None;
    for file in files {
        let content = fs::read(&file)?;
        let copy = folder.join(file.file_name().expect("a listed file has a name"));
        if copy.ends_with("index.html") {
            index = Some((copy, content));
        } else if !copy.exists() {
            write(&copy, &content)?;
        }
    }
    // Last: it names the others, and the server checks its time.
    let (copy, content) = index.context("the release page has no index.html")?;
    write(&copy, with_script(&String::from_utf8_lossy(&content)).as_bytes())
}

/// Adds the script at the end: a minified page lacks most tags.
fn with_script(html: &str) -> String {
    format!("{html}<script src=\"reload.js\" defer></script>")
}

/// Writes `file` and its compressed forms, each in one step for a server that reads it meanwhile.
fn write(file: &Path, content: &[u8]) -> Result<()> {
    let new_files = file.with_file_name("new");
    fs::create_dir_all(&new_files)?;
    let new = new_files.join(file.file_name().expect("a file of the page has a name"));
    fs::write(&new, content)?;
    compress::beside(&new)?;
    let mut names: Vec<_> = fs::read_dir(&new_files)?.flatten().map(|new| new.file_name()).collect();
    // The file itself last: then its compressed forms are there.
    names.sort_by_key(|name| Reverse(name.len()));
    for name in names {
        fs::rename(new_files.join(&name), file.with_file_name(&name))?;
    }
    Ok(())
}

/// Removes the files of older builds, or the page would grow until the server rejects it.
fn remove_others(folder: &Path, files: &[PathBuf]) -> Result<()> {
    for old in fs::read_dir(folder)?.flatten().map(|old| old.path()) {
        let plain = if compress::is_compressed(&old) { old.with_extension("") } else { old.clone() };
        let is_index = plain.ends_with("index.html");
        if old.is_file() && !is_index && !files.iter().any(|file| file.file_name() == plain.file_name()) {
            fs::remove_file(&old)?;
        }
    }
    Ok(())
}
