//! `--key-log`: the secrets of the program's own connections, for nobody but the file's owner.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use increment_client::KeyLogFile;
use increment_server::tls;
use tempfile::TempDir;

use crate::{Server, failure, increment, outcome};

/// A server that logs its keys to `server.log` in the folder.
fn logging(folder: &TempDir) -> Server {
    let keys = KeyLogFile::open(&folder.path().join("server.log")).unwrap();
    Server::speaking(|certified_key| tls::config(certified_key).unwrap().logging_keys_to(keys))
}

/// The lines of a key log; who comes first differs between the two sides. That of early data, which nobody sends, stands
/// where a session is resumed, at the server alone.
fn sorted(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let used = text.lines().filter(|line| !line.starts_with("CLIENT_EARLY_TRAFFIC_SECRET "));
    let mut lines: Vec<_> = used.map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_keys_are_those_of_the_server_and_their_owners_only() {
    let folder = TempDir::new().unwrap();
    let server = logging(&folder);
    let mine = folder.path().join("mine.log");
    let mut logged = 0;
    // Each command's connections come after those before; doctor has three of them.
    for (words, connections) in [
        (&["send", "1"][..], 1),
        (&["send", "1", "--protocol", "grpc-web"], 1),
        (&["send", "1", "--template"], 1),
        (&["connection"], 1),
        (&["accesses"], 1),
        (&["count-up", "1", "--steps", "2"], 1),
        (&["wire", "1"], 1),
        (&["many"], 1),
        (&["doctor"], 3),
    ] {
        let words = [&["--key-log", mine.to_str().unwrap()], words].concat();
        let (code, _, stderr) = outcome(&server.options(), &words);
        assert_eq!((code, &*stderr), (0, ""), "{words:?}");
        let lines = sorted(&mine);
        assert!(lines == sorted(&folder.path().join("server.log")), "{words:?}");
        logged += connections;
        for label in
            ["CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "]
        {
            let count = lines.iter().filter(|line| line.starts_with(label)).count();
            assert_eq!(count, logged, "{label}, {words:?}");
        }
    }
    assert_eq!(fs::metadata(&mine).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_file_can_be_named_by_a_variable() {
    let folder = TempDir::new().unwrap();
    let server = logging(&folder);
    let mine = folder.path().join("mine.log");
    let output =
        increment(&server.options(), &["send", "1"]).env("INCREMENT_KEY_LOG", &mine).output().unwrap();
    assert!(output.status.success());
    assert_eq!(sorted(&mine), sorted(&folder.path().join("server.log")));
}

#[test]
fn a_file_that_others_can_read_is_refused_before_anything_is_sent() {
    let folder = TempDir::new().unwrap();
    let server = logging(&folder);
    let mine = folder.path().join("mine.log");
    fs::write(&mine, "").unwrap();
    fs::set_permissions(&mine, fs::Permissions::from_mode(0o644)).unwrap();
    let nowhere = folder.path().join("no/keys.log");
    for command in ["connection", "doctor"] {
        let line = failure(&server.options(), &["--key-log", mine.to_str().unwrap(), command]);
        assert!(
            line.contains("--key-log") && line.contains("chmod 600") && line.contains("mine.log"),
            "{line}"
        );
        let line = failure(&server.options(), &["--key-log", nowhere.to_str().unwrap(), command]);
        assert!(line.contains("--key-log") && line.contains("no/keys.log"), "{line}");
    }
    assert_eq!((sorted(&mine), sorted(&folder.path().join("server.log"))), (vec![], vec![]));
}
