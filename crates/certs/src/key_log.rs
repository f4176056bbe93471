//! A file with the secrets of TLS connections, from which Wireshark reads the traffic (`SSLKEYLOGFILE`). Whoever can
//! read it can read that too: it is its owner's only. Must not know whose connections they are.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use rustls::KeyLog;

use crate::{CertError, files, hex::hex};

/// Writes a line for each secret (draft-ietf-tls-keylogfile).
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens the file at its end, or makes it with mode 0600.
    ///
    /// Fails with a [`CertError`] that names the file when it cannot be written, when it belongs to another user, and
    /// when others can read it.
    pub fn open(path: &Path) -> Result<Self, CertError> {
        let unwritable = |source| CertError::Unwritable { path: path.into(), source };
        let file = open(path).map_err(unwritable)?;
        if !files::is_own(&file).map_err(unwritable)? {
            return Err(CertError::NotOwn { path: path.into() });
        }
        if !files::is_secret(&file).map_err(unwritable)? {
            return Err(CertError::NotSecret { path: path.into() });
        }
        Ok(Self(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A connection whose secrets cannot be written is served like any other, and only cannot be read.
        let _ = file.write_all(line.as_bytes());
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    files::secret(&mut options).open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_secret_is_a_line_after_those_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        for secret in [[0x01, 0xab], [0xff, 0x00]] {
            KeyLogFile::open(&path).unwrap().log("CLIENT_RANDOM", &[0x0a; 3], &secret);
        }
        let lines = fs::read_to_string(&path).unwrap();
        assert_eq!(lines, "CLIENT_RANDOM 0a0a0a 01ab\nCLIENT_RANDOM 0a0a0a ff00\n");
    }

    // Only root can give a file away.
    #[cfg(unix)]
    #[test]
    fn the_file_of_another_user_is_refused() {
        const NOBODY: u32 = 65534;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        KeyLogFile::open(&path).unwrap();
        if std::os::unix::fs::chown(&path, Some(NOBODY), None).is_ok() {
            let refused = KeyLogFile::open(&path).unwrap_err().to_string();
            assert!(refused.contains("keys.log") && refused.contains("another user"), "{refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        KeyLogFile::open(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = KeyLogFile::open(&path).unwrap_err().to_string();
        assert!(refused.contains("keys.log") && refused.contains("chmod 600"), "{refused}");
        let nowhere = KeyLogFile::open(&folder.path().join("no/keys.log")).unwrap_err().to_string();
        assert!(nowhere.contains("no/keys.log"), "{nowhere}");
    }
}
