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

/// The one hidden name that is served (RFC 8615).
const WELL_KNOWN: &str = ".well-known";

/// All files of a page, by their path relative to its folder.
#[derive(Debug)]
pub(super) struct Files {
    files: HashMap<String, PageFile>,
    /// The modification time of the index.
    modified: Option<SystemTime>,
}

impl Files {
    /// Reads a folder and its subfolders. Hidden files (a leading dot) and names that are not UTF-8 are skipped.
    pub(super) fn read(folder: &Path) -> Result<Self, PageError> {
        let index = folder.join(INDEX);
        // Read before the content, so that a concurrent write counts as a later change.
        let modified = modification_time(&index);
        if let Err(source) = File::open(&index) {
            return Err(PageError::NoIndex { folder: folder.into(), source });
        }
        let mut reader = Reader { folder, remaining: MAX_PAGE_BYTES, contents: BTreeMap::new() };
        reader.read_folder(folder, "")?;
        Ok(Self { files: group_encodings(reader.contents), modified })
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

    /// Whether the index in `folder` was modified since it was read.
    pub(super) fn are_stale(&self, folder: &Path) -> bool {
        modification_time(&folder.join(INDEX)) != self.modified
    }
}

fn modification_time(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

struct Reader<'f> {
    folder: &'f Path,
    /// How many more bytes may be read.
    remaining: u64,
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
            // Symbolic links to files are followed, as Kubernetes mounts them; links to folders are not, which could form a cycle.
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
        let read = File::open(path).and_then(|file| file.take(self.remaining + 1).read_to_end(&mut content));
        let read = read.map_err(|source| PageError::Unreadable { path: path.into(), source })?;
        let too_large = || PageError::TooLarge { folder: self.folder.into() };
        self.remaining = self.remaining.checked_sub(read as u64).ok_or_else(too_large)?;
        if self.contents.len() == MAX_PAGE_FILES {
            return Err(too_large());
        }
        Ok(content.into())
    }
}

/// Groups precompressed files, such as `page.css.br`, with the files that they encode.
fn group_encodings(mut contents: BTreeMap<String, Bytes>) -> HashMap<String, PageFile> {
    let paths: Vec<_> = contents.keys().cloned().collect();
    let mut encodings: HashMap<String, Vec<(Coding, Bytes)>> = HashMap::new();
    for path in &paths {
        for coding in Coding::ALL {
            if let Some(plain) = path.strip_suffix(coding.extension())
                && contents.contains_key(plain)
                && let Some(content) = contents.remove(path)
            {
                encodings.entry(plain.to_owned()).or_default().push((coding, content));
            }
        }
    }
    let files = contents.into_iter().map(|(path, plain)| {
        let encodings = encodings.remove(&path).unwrap_or_default();
        let file = PageFile::new(&path, plain, encodings);
        (path, file)
    });
    files.collect()
}
