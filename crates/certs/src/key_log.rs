//! A key log file (`SSLKEYLOGFILE`): the secrets of TLS connections, with which Wireshark decrypts the traffic. Its mode is
//! 0600, since it gives access to everything that the connections carry.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use rustls::KeyLog;

use crate::{error::CertError, files};

/// Appends a line for each secret (draft-ietf-tls-keylogfile).
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens the file for appending, or creates it with mode 0600.
    ///
    /// # Errors
    ///
    /// Returns a [`CertError`] that names the file if it cannot be written, is owned by another user, or is readable by
    /// other users.
    pub fn open(path: &Path) -> Result<Self, CertError> {
        let unwritable = |source| CertError::Unwritable { path: path.into(), source };
        let file = open(path).map_err(unwritable)?;
        if !files::is_owned(&file).map_err(unwritable)? {
            return Err(CertError::WrongOwner { path: path.into() });
        }
        if !files::is_secret(&file).map_err(unwritable)? {
            return Err(CertError::InsecurePermissions { path: path.into() });
        }
        Ok(Self(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = format!("{label} {} {}\n", HEXLOWER.encode(client_random), HEXLOWER.encode(secret));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A failed write is ignored: the connection works, and only its traffic cannot be decrypted.
        let _ = file.write_all(line.as_bytes());
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    files::with_secret_mode(&mut options).open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_secret_is_appended_as_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        for secret in [[0x01, 0xab], [0xff, 0x00]] {
            KeyLogFile::open(&path).unwrap().log("CLIENT_RANDOM", &[0x0a; 3], &secret);
        }
        let lines = fs::read_to_string(&path).unwrap();
        assert_eq!(lines, "CLIENT_RANDOM 0a0a0a 01ab\nCLIENT_RANDOM 0a0a0a ff00\n");
    }

    // Only root can change the owner of a file.
    #[cfg(unix)]
    #[test]
    fn a_file_owned_by_another_user_is_rejected() {
        const NOBODY: u32 = 65534;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        KeyLogFile::open(&path).unwrap();
        if std::os::unix::fs::chown(&path, Some(NOBODY), None).is_ok() {
            let error = KeyLogFile::open(&path).unwrap_err().to_string();
            assert!(error.contains("keys.log") && error.contains("another user"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_readable_by_other_users_is_rejected() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.log");
        KeyLogFile::open(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = KeyLogFile::open(&path).unwrap_err().to_string();
        assert!(error.contains("keys.log") && error.contains("chmod 600"), "{error}");
        let missing_folder = KeyLogFile::open(&folder.path().join("no/keys.log")).unwrap_err().to_string();
        assert!(missing_folder.contains("no/keys.log"), "{missing_folder}");
    }
}
