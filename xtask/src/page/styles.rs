//! Joins the style sheets of a release page into one file: one request in place of a dozen, and a third fewer bytes.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use anyhow::Result;
use fs_err as fs;

/// How Trunk writes a link to a style sheet, before and after the name of its file.
const LINK: [&str; 2] = ["<link href=./", " rel=stylesheet>"];

/// Replaces the style sheets of the page in `dist`, which Trunk has minified, by one with all of them, in their order.
pub(crate) fn join(dist: &Path) -> Result<()> {
    let index = dist.join("index.html");
    let html = fs::read_to_string(&index)?;
    let names = names(&html);
    if names.len() < 2 {
        return Ok(());
    }
    let mut css = String::new();
    for name in &names {
        css += fs::read_to_string(dist.join(name))?.trim();
    }
    let joined = file_name(&css);
    fs::write(dist.join(&joined), &css)?;
    fs::write(&index, link_to(&html, &names, &joined))?;
    names.iter().try_for_each(|name| Ok(fs::remove_file(dist.join(name))?))
}

/// Returns the names of the style sheets that a page links to.
fn names(html: &str) -> Vec<&str> {
    let links = html.split(LINK[0]).skip(1).filter_map(|rest| rest.split_once('>'));
    links.filter_map(|(link, _)| link.strip_suffix(LINK[1].trim_end_matches('>'))).collect()
}

/// Returns a name that differs with the content: a browser keeps such a file for ever.
fn file_name(css: &str) -> String {
    let mut hasher = DefaultHasher::new();
    css.hash(&mut hasher);
    format!("page-{:016x}.css", hasher.finish())
}

/// Replaces the first link by one to the joined file, and removes the others.
fn link_to(html: &str, names: &[&str], joined: &str) -> String {
    let link = |name: &str| format!("{}{name}{}", LINK[0], LINK[1]);
    names.iter().enumerate().fold(html.to_owned(), |html, (index, name)| {
        html.replace(&link(name), &if index == 0 { link(joined) } else { String::new() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<link href=./icon.svg rel=icon><link href=./a.css rel=stylesheet><link href=./b.css \
                        rel=stylesheet><script src=./c.js></script>";

    #[test]
    fn style_sheets_are_joined_in_their_order() {
        let dist = tempfile::tempdir().unwrap();
        for (name, content) in [("index.html", HTML), ("a.css", "a{}\n"), ("b.css", "b{}")] {
            fs::write(dist.path().join(name), content).unwrap();
        }
        join(dist.path()).unwrap();
        let joined = file_name("a{}b{}");
        assert_eq!(fs::read_to_string(dist.path().join(&joined)).unwrap(), "a{}b{}");
        let html = fs::read_to_string(dist.path().join("index.html")).unwrap();
        let expected = format!(
            "<link href=./icon.svg rel=icon><link href=./{joined} rel=stylesheet><script src=./c.js></script>"
        );
        assert_eq!(html, expected);
        assert_eq!(fs::read_dir(dist.path()).unwrap().count(), 2, "the others are removed");
    }

    #[test]
    fn a_page_with_one_style_sheet_is_not_changed() {
        let dist = tempfile::tempdir().unwrap();
        let html = "<link href=./a.css rel=stylesheet>";
        fs::write(dist.path().join("index.html"), html).unwrap();
        join(dist.path()).unwrap();
        assert_eq!(fs::read_to_string(dist.path().join("index.html")).unwrap(), html);
    }
}
