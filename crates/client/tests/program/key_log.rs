//! `--key-log`: the secrets of the program's connections, in a file for its owner only.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tempfile::TempDir;

use crate::{
    common::server::Server,
    run::{failure, increment, outcome},
};

/// A server with the key log `server.log` in the folder.
fn server_with_key_log(folder: &TempDir) -> Server {
    Server::with_options(&["--key-log", folder.path().join("server.log").to_str().unwrap()])
}

/// Returns the lines of a key log without order, which differs between the two sides. Only the server logs the secret of
/// early data, which the client does not send, when a session is resumed.
fn sorted(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("CLIENT_EARLY_TRAFFIC_SECRET "));
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_secrets_match_those_of_the_server() {
    let folder = TempDir::new().unwrap();
    let server = server_with_key_log(&folder);
    let client_log = folder.path().join("client.log");
    let mut logged = 0;
    // Each command appends those of its connections; doctor makes three.
    for (args, connections) in [
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
        let args = [&["--key-log", client_log.to_str().unwrap()], args].concat();
        let (code, _, stderr) = outcome(&server.options(), &args);
        assert_eq!((code, &*stderr), (0, ""), "{args:?}");
        let lines = sorted(&client_log);
        assert!(lines == sorted(&folder.path().join("server.log")), "{args:?}");
        logged += connections;
        for label in
            ["CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "]
        {
            let count = lines.iter().filter(|line| line.starts_with(label)).count();
            assert_eq!(count, logged, "{label}, {args:?}");
        }
    }
    assert_eq!(fs::metadata(&client_log).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_file_can_be_set_by_a_variable() {
    let folder = TempDir::new().unwrap();
    let server = server_with_key_log(&folder);
    let client_log = folder.path().join("client.log");
    let output =
        increment(&server.options(), &["send", "1"]).env("INCREMENT_KEY_LOG", &client_log).output().unwrap();
    assert!(output.status.success());
    assert_eq!(sorted(&client_log), sorted(&folder.path().join("server.log")));
}

#[test]
fn a_file_readable_by_other_users_is_rejected_before_a_connection_is_made() {
    let folder = TempDir::new().unwrap();
    let server = server_with_key_log(&folder);
    let client_log = folder.path().join("client.log");
    fs::write(&client_log, "").unwrap();
    fs::set_permissions(&client_log, fs::Permissions::from_mode(0o644)).unwrap();
    let missing_folder = folder.path().join("no/keys.log");
    for command in ["connection", "doctor"] {
        let line = failure(&server.options(), &["--key-log", client_log.to_str().unwrap(), command]);
        assert!(
            line.contains("--key-log") && line.contains("chmod 600") && line.contains("client.log"),
            "{line}"
        );
        let line = failure(&server.options(), &["--key-log", missing_folder.to_str().unwrap(), command]);
        assert!(line.contains("--key-log") && line.contains("no/keys.log"), "{line}");
    }
    assert_eq!((sorted(&client_log), sorted(&folder.path().join("server.log"))), (vec![], vec![]));
}
