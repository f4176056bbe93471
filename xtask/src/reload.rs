//! The copy of the page that the demo's server serves: the release page and one script that loads it again
//! when it changes. Never part of the release page.

use std::{fs, io, path::Path};

use crate::{Outcome, compress, page};

const SCRIPT: &str = include_str!("reload.js");

/// Copies the release page into `folder`, over an older copy that a browser may be reading.
pub(crate) fn copy_page(folder: &Path) -> Outcome {
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    write(&folder.join("reload.js"), SCRIPT.as_bytes())?;
    let mut index = None;
    for file in page::files()? {
        let content = fs::read(&file).map_err(|error| failed(&file, &error))?;
        let copy = folder.join(file.file_name().expect("a listed file has a name"));
        if copy.ends_with("index.html") {
            index = Some((copy, content));
        } else if !copy.exists() {
            write(&copy, &content)?;
        }
    }
    // Last: it names the others, and its time is what the script looks at.
    let (copy, content) = index.ok_or("the release page has no index.html")?;
    write(&copy, with_script(&String::from_utf8_lossy(&content)).as_bytes())
}

/// At the very end, which is a place that every page has: minified ones lack most tags.
fn with_script(html: &str) -> String {
    format!("{html}<script src=\"reload.js\" defer></script>")
}

/// Writes `file` and its compressed forms, each in one step for whoever reads it meanwhile.
fn write(file: &Path, content: &[u8]) -> Outcome {
    let name = file.file_name().expect("we name our files");
    let aside = file.with_file_name("new").join(name);
    let result = fs::create_dir_all(file.with_file_name("new")).and_then(|()| fs::write(&aside, content));
    result.map_err(|error| failed(&aside, &error))?;
    compress::beside(&aside)?;
    let written = fs::read_dir(file.with_file_name("new")).map_err(|error| failed(file, &error))?;
    for new in written.flatten() {
        fs::rename(new.path(), file.with_file_name(new.file_name())).map_err(|error| failed(file, &error))?;
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}
