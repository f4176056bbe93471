//! Options from environment variables.

use std::io::{BufRead, BufReader};

use tempfile::TempDir;

use super::{run_to_failure, server};

/// The variables that stand for options, but for the addresses.
const VARIABLES: [&str; 13] = [
    "INCREMENT_PLAINTEXT_LISTEN",
    "INCREMENT_CERT",
    "INCREMENT_KEY",
    "INCREMENT_CLIENT_AUTH",
    "INCREMENT_CLIENT_CA",
    "INCREMENT_REPORT_TOKEN",
    "INCREMENT_KEY_LOG",
    "INCREMENT_PAGE",
    "INCREMENT_CORS_ORIGIN",
    "INCREMENT_METRICS_LISTEN",
    "INCREMENT_LOG",
    "INCREMENT_DATA",
    "INCREMENT_DURABILITY",
];

#[test]
fn an_empty_variable_counts_as_unset() {
    let folder = TempDir::new().unwrap();
    let mut command = server(folder.path(), &["--listen=127.0.0.1:0"]);
    let mut child = command.envs(VARIABLES.map(|name| (name, ""))).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("listening https://127.0.0.1:"), "{line}");
    for made in ["certs/server.pem", "certs/server.key", "certs/report.token", "data"] {
        assert!(folder.path().join(made).exists(), "{made}");
    }
    // It ends later than with a wrong address.
    let (code, stderr) = run_to_failure(server(folder.path(), &["--page=none"]).env("INCREMENT_LISTEN", ""));
    assert_eq!(code, 1, "{stderr}");
}

#[test]
fn an_error_about_a_variable_names_it() {
    let folder = TempDir::new().unwrap();
    for (variable, value, code) in [
        ("INCREMENT_LISTEN", "localhost", 2),
        ("INCREMENT_CORS_ORIGIN", "example.org", 2),
        ("INCREMENT_CLIENT_AUTH", "maybe", 2),
        ("INCREMENT_CLIENT_AUTH", "required", 2),
        ("INCREMENT_CLIENT_CA", "people.pem", 2),
        ("INCREMENT_LOG", "loud", 2),
        ("INCREMENT_DURABILITY", "none", 2),
        ("INCREMENT_REPORT_TOKEN", ".", 1),
        ("INCREMENT_KEY_LOG", "no/keys.log", 1),
    ] {
        let mut command = server(folder.path(), &["--metrics-listen=127.0.0.1:0"]);
        if variable != "INCREMENT_LISTEN" {
            command.arg("--listen=127.0.0.1:0");
        }
        let (exited, stderr) = run_to_failure(command.env(variable, value));
        assert_eq!(exited, code, "{stderr}");
        assert!(stderr.contains(variable), "{variable}: {stderr}");
    }
    // The command line wins, and is named then.
    let mut command = server(folder.path(), &["--log=loud"]);
    let (_, stderr) = run_to_failure(command.env("INCREMENT_LOG", "info"));
    assert!(stderr.contains("--log") && !stderr.contains("INCREMENT_LOG"), "{stderr}");
}
