//! The page's files in memory.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::Read,
    path::Path,
    time::SystemTime,
};

use bytes::Bytes;

use super::{
    error::{INDEX, MAX_PAGE_BYTES, MAX_PAGE_FILES, PageError},
    representation::{Coding, PageFile},
};

/// Of the names with a dot in front, which are for the machine that has the folder, the one that is for others (RFC 8615).
const WELL_KNOWN: &str = ".well-known";

/// All files of a page, by their path below its folder: `index.html`.
#[derive(Debug)]
pub(super) struct Files {
    files: HashMap<String, PageFile>,
    /// When the index was changed.
    changed: Option<SystemTime>,
}

impl Files {
    /// Reads a folder with all that is in it. Names that are no text, and those with a dot in front, are left out.
    pub(super) fn read(folder: &Path) -> Result<Self, PageError> {
        let index = folder.join(INDEX);
        // Before the content: what is written meanwhile is a change.
        let changed = modified(&index);
        if let Err(source) = File::open(&index) {
            return Err(PageError::NoIndex { folder: folder.into(), source });
        }
        let mut reader = Reader { folder, left: MAX_PAGE_BYTES, contents: BTreeMap::new() };
        reader.read_folder(folder, "")?;
        Ok(Self { files: with_compressed_forms(reader.contents), changed })
    }

    pub(super) fn get(&self, path: &str) -> Option<&PageFile> {
        self.files.get(path)
    }

    /// The text of the index.
    pub(super) fn index(&self) -> String {
        self.files
            .get(INDEX)
            .map(|file| String::from_utf8_lossy(file.plain()).into_owned())
            .unwrap_or_default()
    }

    /// Whether the index in `folder` is another one by now.
    pub(super) fn have_changed(&self, folder: &Path) -> bool {
        modified(&folder.join(INDEX)) != self.changed
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

struct Reader<'f> {
    folder: &'f Path,
    /// How many more bytes there may be.
    left: u64,
    contents: BTreeMap<String, Bytes>,
}

impl Reader<'_> {
    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), PageError> {
        let unreadable = |path: &Path, source| PageError::Unreadable { path: path.into(), source };
        for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
            let entry = entry.map_err(|error| unreadable(folder, error))?;
            let path = entry.path();
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.') || *name == WELL_KNOWN)
            else {
                continue;
            };
            // Links to files are followed, as Kubernetes mounts them; to folders not, which could lead round in a circle.
            if entry.file_type().map_err(|error| unreadable(&path, error))?.is_dir() {
                self.read_folder(&path, &format!("{prefix}{name}/"))?;
            } else if fs::metadata(&path).map_err(|error| unreadable(&path, error))?.is_file() {
                let content = self.read_file(&path)?;
                self.contents.insert(format!("{prefix}{name}"), content);
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: &Path) -> Result<Bytes, PageError> {
        let mut content = Vec::new();
        let read = File::open(path).and_then(|file| file.take(self.left + 1).read_to_end(&mut content));
        let read = read.map_err(|source| PageError::Unreadable { path: path.into(), source })?;
        let too_large = || PageError::TooLarge { folder: self.folder.into() };
        self.left = self.left.checked_sub(read as u64).ok_or_else(too_large)?;
        if self.contents.len() == MAX_PAGE_FILES {
            return Err(too_large());
        }
        Ok(content.into())
    }
}

/// Puts the compressed forms, such as `page.css.br`, beside the files that they are forms of.
fn with_compressed_forms(mut contents: BTreeMap<String, Bytes>) -> HashMap<String, PageFile> {
    let paths: Vec<_> = contents.keys().cloned().collect();
    let mut forms: HashMap<String, Vec<(Coding, Bytes)>> = HashMap::new();
    for path in &paths {
        for coding in Coding::ALL {
            if let Some(plain) = path.strip_suffix(coding.ending())
                && contents.contains_key(plain)
                && let Some(content) = contents.remove(path)
            {
                forms.entry(plain.to_owned()).or_default().push((coding, content));
            }
        }
    }
    let files = contents.into_iter().map(|(path, plain)| {
        let forms = forms.remove(&path).unwrap_or_default();
        let file = PageFile::new(&path, plain, forms);
        (path, file)
    });
    files.collect()
}
