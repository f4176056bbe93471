//! Files on disk: whole or not at all, never overwritten unless that is the purpose, secrets for their owner only.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

use crate::CertError;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;

pub(crate) fn exists(path: &Path) -> Result<bool, CertError> {
    path.try_exists().map_err(|source| CertError::Unreadable { path: path.into(), source })
}

/// Reads a file of text.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, CertError> {
    fs::read(path).map(without_marks).map_err(|source| CertError::Unreadable { path: path.into(), source })
}

/// Takes the marks out that some editors put before a text in UTF-8; joined files have several.
fn without_marks(mut text: Vec<u8>) -> Vec<u8> {
    while let Some(at) = text.windows(BYTE_ORDER_MARK.len()).position(|part| part == BYTE_ORDER_MARK) {
        text.drain(at..at + BYTE_ORDER_MARK.len());
    }
    text
}

/// Reads a text that is secret; fails when others than its owner can read it.
pub(crate) fn read_secret(path: &Path) -> Result<Vec<u8>, CertError> {
    let unreadable = |source| CertError::Unreadable { path: path.into(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut content = Vec::new();
    file.read_to_end(&mut content).map_err(unreadable)?;
    if !is_secret(&file).map_err(unreadable)? {
        return Err(CertError::NotSecret { path: path.into() });
    }
    Ok(without_marks(content))
}

/// Writes a new file that everybody may read; fails when it exists.
pub(crate) fn create(path: &Path, content: &str) -> Result<(), CertError> {
    unwritable(path, || persist_new(path, write_beside(path, content, PUBLIC)?))
}

/// Writes a new file that only its owner may read; fails when it exists.
pub(crate) fn create_secret(path: &Path, content: &str) -> Result<(), CertError> {
    unwritable(path, || persist_new(path, write_beside(path, content, SECRET)?))
}

/// Puts a new content in a file's place at once: a reader sees the old one or the new one.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), CertError> {
    unwritable(path, || {
        write_beside(path, content, PUBLIC)?.persist(path)?;
        Ok(())
    })
}

/// Waits until no other program makes files in the folder of `path`, and keeps others waiting until it is dropped. On a
/// file system without locks it does nothing: there, whoever comes second fails to create its files.
pub(crate) fn lock(path: &Path) -> Result<Option<File>, CertError> {
    let folder = folder(path);
    unwritable(path, || fs::create_dir_all(folder))?;
    Ok(File::open(folder).and_then(|folder| folder.lock().map(|()| folder)).ok())
}

/// The file of this name in the same folder.
pub(crate) fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn persist_new(path: &Path, file: NamedTempFile) -> io::Result<()> {
    file.persist_noclobber(path)?;
    Ok(())
}

fn write_beside(path: &Path, content: &str, mode: u32) -> io::Result<NamedTempFile> {
    let folder = folder(path);
    fs::create_dir_all(folder)?;
    let mut builder = Builder::new();
    builder.prefix(".increment-");
    let mut file = with_mode(&mut builder, mode).tempfile_in(folder)?;
    file.write_all(content.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Has a file that is made be its owner's only.
#[cfg(unix)]
pub(crate) fn secret(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(SECRET)
}

#[cfg(not(unix))]
pub(crate) fn secret(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Whether nobody but its owner can read a file.
#[cfg(unix)]
pub(crate) fn is_secret(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    Ok(file.metadata()?.permissions().mode() & OTHERS == 0)
}

/// Whether a file belongs to the user as whom this program runs: another one could read what is added to it.
#[cfg(unix)]
pub(crate) fn is_own(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.uid() == nix::unistd::geteuid().as_raw())
}

#[cfg(not(unix))]
pub(crate) fn is_own(_: &File) -> io::Result<bool> {
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

// Elsewhere a file is its owner's by the folder it is in.
#[cfg(not(unix))]
fn with_mode<'b>(builder: &'b mut Builder<'static, 'static>, _: u32) -> &'b mut Builder<'static, 'static> {
    builder
}

fn unwritable(path: &Path, write: impl FnOnce() -> io::Result<()>) -> Result<(), CertError> {
    write().map_err(|source| CertError::Unwritable { path: path.into(), source })
}
