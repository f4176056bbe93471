//! The documents' links to files of this repository lead somewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something fails")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The targets of the inline links of a document in Markdown, without their fragments; those to other sites are left out.
fn targets(markdown: &str) -> impl Iterator<Item = &str> {
    let links = markdown.split("](").skip(1).filter_map(|after| after.split_once(')'));
    let targets = links.map(|(target, _)| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains(':'))
}

/// All documents, but those of packages of others.
fn documents(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            let is_generated = ["target", "node_modules", "dist", "venv"].contains(&&*name);
            if !is_generated && !name.starts_with('.') {
                documents(&path, found);
            }
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

#[test]
fn every_linked_file_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    documents(root, &mut found);
    assert!(found.len() > 8, "{found:?}");
    for document in found {
        let text = fs::read_to_string(&document).unwrap();
        for target in targets(&text) {
            let linked = document.with_file_name(target);
            assert!(linked.exists(), "{} links {target}, which does not exist", document.display());
        }
    }
}

#[test]
fn links_are_found_in_markdown() {
    let text = "[a](b.md), [c](d.md#e), [f](https://example.org/g.md), [h](#i) and ![j](k.png)";
    assert_eq!(targets(text).collect::<Vec<_>>(), ["b.md", "d.md", "k.png"]);
}
