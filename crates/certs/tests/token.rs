//! A bearer token file is created, read or rejected.

#![allow(clippy::unwrap_used, missing_docs, reason = "a failed step fails the test")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    thread,
};

use increment_certs::{BearerToken, CertError, MAX_TOKEN_CHARS, MIN_TOKEN_CHARS};
use tempfile::TempDir;

/// A folder, and the path of a token file in it.
fn file() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("certs/report.token");
    (folder, path)
}

fn write(content: &[u8], mode: u32) -> (TempDir, PathBuf) {
    let (folder, path) = file();
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    (folder, path)
}

#[test]
fn a_missing_token_is_created_with_mode_0600_and_then_reused() {
    let (_folder, path) = file();
    let token = BearerToken::open(&path).unwrap();
    let content = fs::read_to_string(&path).unwrap();
    let (digits, end) = content.split_at(64);
    assert!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && end == "\n", "{content:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(token.matches(digits.as_bytes()));
    assert!(BearerToken::open(&path).unwrap().matches(digits.as_bytes()));
    assert_eq!(fs::read_to_string(&path).unwrap(), content);
    let (_other, other) = file();
    assert!(!BearerToken::open(&other).unwrap().matches(digits.as_bytes()));
}

#[test]
fn concurrent_servers_read_the_same_token() {
    for _ in 0..20 {
        let (_folder, path) = file();
        let open = || BearerToken::open(&path).unwrap();
        let tokens: Vec<_> = thread::scope(|scope| {
            let opening: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            opening.into_iter().map(|opened| opened.join().unwrap()).collect()
        });
        let written = fs::read_to_string(&path).unwrap();
        assert!(tokens.iter().all(|token| token.matches(written.trim().as_bytes())));
    }
}

#[test]
fn only_the_whole_token_matches() {
    let (_folder, path) = write(b"\n  0123456789abcdef0123456789ABCDEF \r\n", 0o600);
    let token = BearerToken::open(&path).unwrap();
    assert!(token.matches(b"0123456789abcdef0123456789ABCDEF"));
    for other in [
        "",
        "0123456789abcdef0123456789ABCDE",
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789ABCDEF0",
    ] {
        assert!(!token.matches(other.as_bytes()), "{other}");
    }
    assert!(!format!("{token:?}").contains("0123"), "Debug output contains the secret");
}

#[test]
fn the_error_names_a_file_without_a_valid_token() {
    let (short, long) = ("x".repeat(MIN_TOKEN_CHARS - 1), "x".repeat(MAX_TOKEN_CHARS + 1));
    for (content, reason) in [
        ("", "is empty"),
        (" \n", "is empty"),
        (&short, "can be guessed"),
        (&long, "at most 1024"),
        ("a text with spaces, long enough for a token", "letters, digits"),
        ("0123456789abcdef\n0123456789ABCDEF\n", "letters, digits"),
        ("0123456789abcdef0123456789ABCDE\u{e9}", "letters, digits"),
    ] {
        let (_folder, path) = write(content.as_bytes(), 0o600);
        let error = BearerToken::open(&path).unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()) && error.contains(reason), "{error}");
        assert!(error.contains("remove the file to have one generated") && !error.contains('\n'), "{error}");
        assert!(
            content.trim().is_empty() || !error.contains(content),
            "the error contains the secret: {error}"
        );
    }
    for length in [MIN_TOKEN_CHARS, MAX_TOKEN_CHARS] {
        let (_folder, path) = write("x".repeat(length).as_bytes(), 0o600);
        BearerToken::open(&path).unwrap();
    }
}

#[test]
fn a_token_readable_by_other_users_is_rejected() {
    for mode in [0o640, 0o604, 0o660] {
        let (_folder, path) = write(&[b'x'; 64], mode);
        let error = BearerToken::open(&path).unwrap_err();
        assert!(matches!(error, CertError::InsecurePermissions { .. }), "{error}");
        assert!(
            error.to_string().contains("chmod 600") && error.to_string().contains("report.token"),
            "{error}"
        );
    }
}
