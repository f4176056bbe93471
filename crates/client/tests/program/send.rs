//! `send`.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::{
    common::server::Server,
    run::{increment, outcome},
};

#[test]
fn numbers_are_sent_and_results_printed() {
    let server = Server::start();
    let plaintext = server.plaintext_options();
    for options in [server.options(), plaintext] {
        for protocol in ["grpc", "grpc-web"] {
            let args = ["--protocol", protocol, "send", "5681", "-1", "0", "9223372036854775806"];
            let (code, stdout, stderr) = outcome(&options, &args);
            let lines = "Send: 5681, Return: 5682\nSend: -1, Return: 0\nSend: 0, Return: 1\n\
                Send: 9223372036854775806, Return: 9223372036854775807\n";
            assert_eq!((code, &*stdout, &*stderr), (0, lines, ""));
            let (_, stdout, _) =
                outcome(&options, &["send", "--template", "--protocol", protocol, "2147483647"]);
            assert_eq!(stdout, "Send: 2147483647, Return: 2147483648\n");
        }
    }
}

#[test]
fn the_server_can_be_called_by_its_address() {
    let server = Server::start();
    let (code, ..) =
        outcome(&["--url", &server.urls[0], "--ca", server.ca().to_str().unwrap()], &["send", "1"]);
    assert_eq!(code, 0);
}

#[test]
fn options_can_be_set_by_variables() {
    let server = Server::start();
    let mut command = increment::<&str>(&[], &["send", "7"]);
    command.env("INCREMENT_URL", server.url()).env("INCREMENT_CA", server.ca());
    command.env("INCREMENT_PROTOCOL", "grpc-web").env("INCREMENT_COUNT", "2").env("INCREMENT_TEMPLATE", "1");
    assert_eq!(command.output().unwrap().stdout, b"Send: 7, Return: 8\nSend: 7, Return: 8\n");
}

#[test]
fn without_a_number_random_ones_are_sent() {
    let server = Server::start();
    for args in [&["send", "--count", "20"][..], &["send", "--template", "--count", "20"]] {
        let (code, stdout, _) = outcome(&server.options(), args);
        assert_eq!(code, 0);
        let sent: Vec<i64> = stdout
            .lines()
            .map(|line| {
                let (sent, returned) = line.strip_prefix("Send: ").unwrap().split_once(", Return: ").unwrap();
                assert_eq!(sent.parse::<i64>().unwrap() + 1, returned.parse::<i64>().unwrap());
                sent.parse().unwrap()
            })
            .collect();
        assert_eq!(sent.len(), 20);
        assert!(sent.iter().all(|number| (0..10_000).contains(number)), "{sent:?}");
        assert!(sent.iter().any(|number| *number != sent[0]), "{sent:?}");
    }
}

#[test]
fn the_largest_number_fails_after_the_preceding_responses() {
    let server = Server::start();
    for protocol in ["grpc", "grpc-web"] {
        let args = ["send", "--protocol", protocol, "1", "9223372036854775807", "2"];
        let (code, stdout, stderr) = outcome(&server.options(), &args);
        assert_eq!((code, &*stdout), (1, "Send: 1, Return: 2\n"));
        assert!(stderr.contains("OUT_OF_RANGE") && stderr.contains("field number"), "{stderr}");
    }
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let server = Server::start();
    let mut child = increment(&server.options(), &["send", "--count", "100000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_write_to_standard_output_is_an_error() {
    let server = Server::start();
    for args in [&["send", "1"][..], &["accesses"], &["connection"], &["wire", "1"], &["doctor"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = increment(&server.options(), args).stdout(full).output().unwrap();
        let line = "error: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!((output.status.code(), &*output.stderr), (Some(1), line.as_bytes()), "{args:?}");
    }
}
