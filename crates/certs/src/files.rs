//! Reads and writes files: atomically, without overwriting others, and secrets with mode 0600.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

use crate::error::CertError;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;

pub(crate) fn exists(path: &Path) -> Result<bool, CertError> {
    path.try_exists().map_err(|source| CertError::Unreadable { path: path.into(), source })
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CertError> {
    fs::read(path)
        .map(without_byte_order_marks)
        .map_err(|source| CertError::Unreadable { path: path.into(), source })
}

/// Removes byte order marks, which some editors write at the start of a UTF-8 text. Concatenated files have several.
fn without_byte_order_marks(mut text: Vec<u8>) -> Vec<u8> {
    while let Some(at) = text.windows(BYTE_ORDER_MARK.len()).position(|window| window == BYTE_ORDER_MARK) {
        text.drain(at..at + BYTE_ORDER_MARK.len());
    }
    text
}

/// Reads a text file with secrets. Fails if other users can read it.
pub(crate) fn read_secret(path: &Path) -> Result<Vec<u8>, CertError> {
    let unreadable = |source| CertError::Unreadable { path: path.into(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut content = Vec::new();
    file.read_to_end(&mut content).map_err(unreadable)?;
    if !is_secret(&file).map_err(unreadable)? {
        return Err(CertError::InsecurePermissions { path: path.into() });
    }
    Ok(without_byte_order_marks(content))
}

/// Writes a new file with mode 0644. Fails if it exists.
pub(crate) fn create(path: &Path, content: &str) -> Result<(), CertError> {
    unwritable(path, || persist_new(path, write_temporary(path, content, PUBLIC)?))
}

/// Writes a new file with mode 0600. Fails if it exists.
pub(crate) fn create_secret(path: &Path, content: &str) -> Result<(), CertError> {
    unwritable(path, || persist_new(path, write_temporary(path, content, SECRET)?))
}

/// Replaces a file atomically: a reader sees either the old or the new content.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), CertError> {
    unwritable(path, || {
        write_temporary(path, content, PUBLIC)?.persist(path)?;
        Ok(())
    })
}

/// Locks the folder of `path` against other processes that create files there, until the returned file is dropped. On a
/// file system without locks, the second process fails to create its files instead.
pub(crate) fn lock(path: &Path) -> Result<Option<File>, CertError> {
    let folder = folder(path);
    unwritable(path, || fs::create_dir_all(folder))?;
    Ok(File::open(folder).and_then(|folder| folder.lock().map(|()| folder)).ok())
}

/// Returns the path of the file `name` in the folder of `path`.
pub(crate) fn sibling(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn persist_new(path: &Path, file: NamedTempFile) -> io::Result<()> {
    file.persist_noclobber(path)?;
    Ok(())
}

fn write_temporary(path: &Path, content: &str, mode: u32) -> io::Result<NamedTempFile> {
    let folder = folder(path);
    fs::create_dir_all(folder)?;
    let mut builder = Builder::new();
    builder.prefix(".increment-");
    let mut file = with_mode(&mut builder, mode).tempfile_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Creates files with mode 0600.
#[cfg(unix)]
pub(crate) fn with_secret_mode(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(SECRET)
}

#[cfg(not(unix))]
pub(crate) fn with_secret_mode(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Returns whether only its owner can access a file.
#[cfg(unix)]
pub(crate) fn is_secret(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    Ok(file.metadata()?.permissions().mode() & OTHERS == 0)
}

/// Returns whether the user of this process owns a file; another owner could read what is appended to it.
#[cfg(unix)]
pub(crate) fn is_owned(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.uid() == nix::unistd::geteuid().as_raw())
}

#[cfg(not(unix))]
pub(crate) fn is_owned(_: &File) -> io::Result<bool> {
    Ok(true)
}

#[cfg(not(unix))]
pub(crate) fn is_secret(_: &File) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn with_mode<'b>(builder: &'b mut Builder<'static, 'static>, mode: u32) -> &'b mut Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(Permissions::from_mode(mode))
}

// On other systems the folder's permissions apply.
#[cfg(not(unix))]
fn with_mode<'b>(builder: &'b mut Builder<'static, 'static>, _: u32) -> &'b mut Builder<'static, 'static> {
    builder
}

fn unwritable(path: &Path, write: impl FnOnce() -> io::Result<()>) -> Result<(), CertError> {
    write().map_err(|source| CertError::Unwritable { path: path.into(), source })
}
