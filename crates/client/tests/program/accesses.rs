//! `accesses`, once and with `--watch`.

use crate::{
    common::{canned, server::Server},
    run::{failure, increment, outcome, watch},
};

#[test]
fn the_accesses_are_printed_as_a_table() {
    let server = Server::start();
    assert_eq!(
        outcome(&server.options(), &["accesses"]),
        (0, "no calls so far: the total is 0\n".into(), "".into())
    );
    outcome(&server.options(), &["send", "--count", "12", "1"]);
    outcome(&server.options(), &["send", "--protocol", "grpc-web", "--template", "1"]);
    let table = "\
SERVICE                        METHOD                PROTOCOL  CALLS
TemplateGRPC                   TemplateGRPCEndpoint  grpc-web      1
increment.v1.IncrementService  Increment             grpc         12
TOTAL                                                             13
";
    for protocol in ["grpc", "grpc-web"] {
        let printed = outcome(&server.options(), &["accesses", "--protocol", protocol]);
        assert_eq!(printed, (0, table.into(), "".into()));
    }
}

/// Returns what `--json` prints after `count` calls.
fn json(count: u32) -> String {
    match count {
        0 => r#"{"total":"0","rows":[]}"#.into(),
        _ => format!(
            r#"{{"total":"{count}","rows":[{{"service":"increment.v1.IncrementService","method":"Increment","protocol":"grpc","count":"{count}"}}]}}"#
        ),
    }
}

#[test]
fn the_accesses_are_printed_as_json() {
    let server = Server::start();
    outcome(&server.options(), &["send", "1", "2"]);
    let line = format!("{}\n", json(2));
    assert_eq!(outcome(&server.options(), &["accesses", "--json"]), (0, line.clone(), "".into()));
    let mut command = increment(&server.options(), &["accesses"]);
    let output = command.env("INCREMENT_JSON", "1").env("INCREMENT_WATCH", "0").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), line);
}

#[test]
fn each_change_is_printed_until_the_server_shuts_down() {
    for protocol in ["grpc", "grpc-web"] {
        let server = Server::start();
        let (child, mut lines) = watch(&server.options(), &["--json", "--protocol", protocol]);
        for count in 0..3 {
            assert_eq!(lines.next().unwrap().unwrap(), json(count));
            outcome(&server.options(), &["send", "1"]);
        }
        assert_eq!(lines.next().unwrap().unwrap(), json(3));
        server.shut_down();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
        assert!(
            stderr.starts_with("error: the watch ended: ") && stderr.contains("shutting down"),
            "{stderr}"
        );
        assert!(lines.next().is_none());
    }
}

#[test]
fn watched_tables_are_separated_by_an_empty_line() {
    let server = Server::start();
    let (mut child, lines) = watch(&server.options(), &[]);
    let mut lines = lines.map(|line| line.unwrap());
    assert_eq!(lines.next().unwrap(), "no calls so far: the total is 0");
    outcome(&server.options(), &["send", "1"]);
    assert_eq!(lines.next().unwrap(), "");
    assert!(lines.next().unwrap().starts_with("SERVICE "));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_closed_pipe_of_a_watch_is_not_a_failure() {
    let server = Server::start();
    let (child, mut lines) = watch(&server.options(), &["--json"]);
    lines.next().unwrap().unwrap();
    drop(lines);
    outcome(&server.options(), &["send", "1"]);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn a_watch_that_cannot_connect_is_a_connection_error() {
    let server = Server::start();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, ca) = (format!("https://{closed}"), server.ca().display().to_string());
    for args in [&["accesses"][..], &["accesses", "--watch"]] {
        let line = failure(&["--url", &url, "--ca", &ca], args);
        assert!(line.starts_with("error: cannot connect to"), "{line}");
    }
}

#[test]
fn a_watch_that_the_server_closes_with_ok_is_a_failure() {
    let url = canned::respond(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 20\r\n\r\n\
          \x80\0\0\0\x0fgrpc-status:0\r\n",
    );
    let line = failure(&["--url", &url, "--protocol", "grpc-web"], &["accesses", "--watch"]);
    assert!(line.contains("the watch ended: the server closed the stream"), "{line}");
}
