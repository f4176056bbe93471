//! Options from environment variables.

use crate::{common::server::Server, run::increment};

/// All variables.
const VARIABLES: [&str; 15] = [
    "INCREMENT_URL",
    "INCREMENT_CA",
    "INCREMENT_CLIENT_CERT",
    "INCREMENT_CLIENT_KEY",
    "INCREMENT_KEY_LOG",
    "INCREMENT_PROTOCOL",
    "INCREMENT_TIMEOUT",
    "INCREMENT_COUNT",
    "INCREMENT_TEMPLATE",
    "INCREMENT_STEPS",
    "INCREMENT_INTERVAL_MS",
    "INCREMENT_WATCH",
    "INCREMENT_JSON",
    "INCREMENT_ORIGIN",
    "INCREMENT_LIMIT_MS",
];

#[test]
fn an_empty_variable_counts_as_unset() {
    let server = Server::start();
    for (args, expected) in [
        (&["send", "1"][..], "Send: 1, Return: 2\n"),
        (&["count-up", "1", "--steps", "1"], "2\n"),
        (&["accesses", "--json"], r#"{"total":""#),
        (&["connection"], "peer address "),
        (&["doctor"], "ok: "),
    ] {
        let output = increment(&server.options(), args)
            .envs(VARIABLES.map(|variable| (variable, "")))
            .output()
            .unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{args:?}");
        assert!(String::from_utf8(output.stdout).unwrap().starts_with(expected), "{args:?}");
    }
    // The default URL.
    let output = increment::<&str>(&[], &["doctor"]).env("INCREMENT_URL", "").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("ok: localhost resolves to "));
}

#[test]
fn the_error_names_the_variable_of_an_invalid_value() {
    for (variable, value, args, code) in [
        ("INCREMENT_COUNT", "x", &["send", "1"][..], 2),
        ("INCREMENT_PROTOCOL", "soap", &["accesses"], 2),
        ("INCREMENT_TIMEOUT", "0", &["accesses"], 2),
        ("INCREMENT_TIMEOUT", "NaN", &["accesses"], 2),
        ("INCREMENT_STEPS", "-1", &["count-up", "1"], 2),
        ("INCREMENT_ORIGIN", "example.org", &["doctor"], 2),
        ("INCREMENT_CLIENT_CERT", "mine.pem", &["send", "1"], 2),
        ("INCREMENT_CLIENT_KEY", "mine.key", &["send", "1"], 2),
        ("INCREMENT_URL", "localhost:5000", &["send", "1"], 1),
        ("INCREMENT_URL", "http://increment.invalid", &["send", "1"], 1),
        ("INCREMENT_CA", "/nowhere/ca.pem", &["send", "1"], 1),
        ("INCREMENT_KEY_LOG", "/nowhere/keys.log", &["send", "1"], 1),
    ] {
        let output = increment::<&str>(&[], args).env(variable, value).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{variable}: {stderr}");
        let option = variable.replace("INCREMENT_", "--").replace("CLIENT_", "").replace('_', "-");
        assert!(
            stderr.contains(variable) && !stderr.contains(&option.to_lowercase()),
            "{variable}: {stderr}"
        );
    }
}

#[cfg(unix)]
#[test]
fn the_error_names_a_variable_that_is_not_utf_8() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    for variable in ["INCREMENT_URL", "INCREMENT_COUNT", "INCREMENT_PROTOCOL"] {
        let mut command = increment::<&str>(&[], &["send", "1"]);
        let output = command.env(variable, OsStr::from_bytes(b"\xff")).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(variable), "{stderr}");
    }
}

#[test]
fn an_option_overrides_its_variable_and_is_named_by_the_error() {
    let mut command = increment::<&str>(&[], &["send", "--count=y", "1"]);
    let stderr = command.env("INCREMENT_COUNT", "x").output().unwrap().stderr;
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(stderr.starts_with("error: invalid value 'y' for '--count <N>'"), "{stderr}");
}

#[test]
fn every_variable_is_in_the_help() {
    let help = ["send", "many", "count-up", "accesses", "connection", "doctor", "wire"].map(|command| {
        String::from_utf8(increment::<&str>(&[], &[command, "--help"]).output().unwrap().stdout).unwrap()
    });
    for variable in VARIABLES {
        assert!(help.concat().contains(&format!("[env: {variable}=")), "{variable}");
    }
    let count = help.concat().matches("[env: ").count();
    assert_eq!(count, 7 * 7 + VARIABLES.len() - 7 + 1, "--json is an option of two commands");
}
