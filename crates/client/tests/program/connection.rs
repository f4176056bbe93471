//! `connection`: every field of the response, as a table and as JSON.

use std::time::SystemTime;

use increment_client::{Client, Protocol, Target};
use increment_proto::v1::{Certificate, DescribeConnectionResponse, TlsConnection};
use prost::Message;
use prost_types::Timestamp;
use serde_json::{Value, json};

use crate::{
    common::{
        canned,
        server::{DAY, Server},
    },
    run::{block_on, failure, outcome},
};

/// Returns the names and values of a table, and asserts that the values are aligned.
fn rows(stdout: &str) -> Vec<(&str, &str)> {
    let column = |line: &str| line.rfind("  ").map(|gap| gap + 2).unwrap();
    let first = stdout.lines().map(|line| line.len() - line.trim_start().len()).min();
    assert_eq!(first, Some(0), "{stdout}");
    let columns: Vec<_> = stdout.lines().map(column).collect();
    assert!(columns.iter().all(|other| *other == columns[0]), "{stdout}");
    stdout.lines().map(|line| (line[..columns[0]].trim_end(), &line[columns[0]..])).collect()
}

/// Checks and removes the rows that differ between runs.
fn without_address_and_start<'r>(mut rows: Vec<(&'r str, &'r str)>) -> Vec<(&'r str, &'r str)> {
    let (name, address) = rows.remove(0);
    assert_eq!(name, "peer address");
    assert!(address.strip_prefix("127.0.0.1:").unwrap().parse::<u16>().unwrap() > 0);
    let (name, started) = rows.pop().unwrap();
    assert_eq!(name, "server started");
    let (moment, up) = started.split_once(", up for ").unwrap();
    assert!(seconds_since(moment) < 600 && !moment.contains('.'), "{moment}");
    let seconds: u64 = up.strip_suffix(" s").unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(seconds < 60, "{up}");
    rows
}

/// Returns the seconds since an RFC 3339 timestamp.
fn seconds_since(moment: &str) -> u64 {
    let moment = SystemTime::try_from(moment.parse::<Timestamp>().unwrap()).unwrap();
    moment.elapsed().unwrap().as_secs()
}

#[test]
fn every_property_is_in_the_table() {
    let server = Server::start();
    for protocol in ["grpc", "grpc-web"] {
        let (code, stdout, stderr) = outcome(&server.options(), &["connection", "--protocol", protocol]);
        assert_eq!((code, &*stderr), (0, ""));
        let mut rows = without_address_and_start(rows(&stdout));
        let (name, expires) = rows.remove(10);
        assert_eq!(name, "  expires");
        let (moment, left) = expires.split_once(", ").unwrap();
        let moment = SystemTime::try_from(moment.parse::<Timestamp>().unwrap()).unwrap();
        assert_eq!(moment.duration_since(SystemTime::now()).unwrap().as_secs() / DAY.as_secs(), 89);
        assert_eq!(left, "89 days left");
        let (name, issuer) = rows.remove(9);
        assert!(name == "  issued by" && issuer.starts_with("CN=increment development CA "), "{stdout}");
        let (name, suite) = rows.remove(2);
        assert!(name == "cipher suite" && suite.starts_with("TLS13_"), "{stdout}");
        let expected = [
            ("HTTP version", "HTTP/2"),
            ("TLS version", "TLSv1.3"),
            ("key exchange", "X25519MLKEM768 (post-quantum)"),
            ("ALPN", "h2"),
            ("server name (SNI)", "localhost"),
            ("session", "new"),
            ("client certificate", "none"),
            ("server certificate", "CN=localhost"),
            ("server version", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(rows, expected);
    }
}

/// Returns the line printed with `--json`.
fn printed_json(options: &[String], protocol: &str) -> Value {
    let (code, stdout, stderr) = outcome(options, &["connection", "--json", "--protocol", protocol]);
    assert_eq!((code, &*stderr, stdout.lines().count()), (0, "", 1));
    serde_json::from_str(&stdout).unwrap()
}

#[test]
fn every_property_is_in_the_json() {
    let server = Server::start();
    for protocol in ["grpc", "grpc-web"] {
        let response = printed_json(&server.options(), protocol);
        assert!(response["peerAddress"].as_str().unwrap().starts_with("127.0.0.1:"), "{response}");
        assert!(seconds_since(response["serverStartTime"].as_str().unwrap()) < 600);
        let tls = &response["tls"];
        assert!(tls["cipherSuite"].as_str().unwrap().starts_with("TLS13_"), "{response}");
        let certificate = &tls["serverCertificate"];
        assert!(
            certificate["issuer"].as_str().unwrap().starts_with("CN=increment development CA "),
            "{response}"
        );
        let expires: Timestamp = certificate["expires"].as_str().unwrap().parse().unwrap();
        assert!(SystemTime::try_from(expires).unwrap() > SystemTime::now());
        let expected = json!({
            "peerAddress": response["peerAddress"],
            "httpVersion": "HTTP/2",
            "tls": {
                "version": "TLSv1.3",
                "cipherSuite": tls["cipherSuite"],
                "keyExchangeGroup": "X25519MLKEM768",
                "alpn": "h2",
                "serverName": "localhost",
                "resumed": false,
                "clientCertificateSubject": "",
                "serverCertificate": {
                    "subject": "CN=localhost",
                    "issuer": certificate["issuer"],
                    "expires": certificate["expires"],
                },
            },
            "serverVersion": env!("CARGO_PKG_VERSION"),
            "serverStartTime": response["serverStartTime"],
        });
        assert_eq!(response, expected);
    }
}

#[test]
fn a_connection_without_tls_is_reported_as_clear_text() {
    let server = Server::start();
    let options = server.plaintext_options();
    for (protocol, version) in [("grpc", "HTTP/2"), ("grpc-web", "HTTP/1.1")] {
        let (code, stdout, stderr) = outcome(&options, &["connection", "--protocol", protocol]);
        assert_eq!((code, &*stderr), (0, ""));
        let expected = [
            ("HTTP version", version),
            ("encryption", "none: all data is sent in clear text"),
            ("server version", env!("CARGO_PKG_VERSION")),
        ];
        assert_eq!(without_address_and_start(rows(&stdout)), expected);
        let response = printed_json(&options, protocol);
        assert_eq!((response.get("tls"), &response["httpVersion"]), (None, &json!(version)));
    }
}

#[test]
fn a_second_client_of_a_target_resumes_the_tls_session() {
    let server = Server::start();
    let target = Target::new(&server.url(), server.ca()).unwrap();
    for (protocol, resumed) in [(Protocol::Grpc, false), (Protocol::Grpc, true), (Protocol::GrpcWeb, true)] {
        let response = block_on(Client::new(&target, protocol).describe_connection()).unwrap();
        assert_eq!(response.tls.unwrap().resumed, resumed, "{protocol:?}");
    }
}

/// A server that sends this response. Returns the options that name it.
fn server_with(message: &DescribeConnectionResponse) -> [String; 4] {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body = [&[0][..], &length, &message, b"\x80\0\0\0\x0fgrpc-status:0\r\n"].concat();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length";
    let response = [format!("{head}: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
    ["--url", &canned::respond(response.leak()), "--protocol", "grpc-web"].map(str::to_owned)
}

/// A response with this text in every field, and without timestamps.
fn response_with(text: &str) -> DescribeConnectionResponse {
    let text = || text.to_owned();
    let certificate = Certificate { subject: text(), issuer: text(), expires: None };
    let tls = TlsConnection {
        version: text(),
        cipher_suite: text(),
        key_exchange_group: text(),
        alpn: text(),
        server_name: text(),
        resumed: true,
        client_certificate_subject: text(),
        server_certificate: Some(certificate),
    };
    DescribeConnectionResponse {
        peer_address: text(),
        http_version: text(),
        tls: Some(tls),
        server_version: text(),
        server_start_time: None,
    }
}

#[test]
fn control_characters_are_replaced() {
    let text = "\u{1b}[2J\n\u{9b}K\u{7f}";
    let options = server_with(&response_with(text));
    let shown = "\u{fffd}[2J\u{fffd}\u{fffd}K\u{fffd}";
    let (code, stdout, _) = outcome(&options, &["connection"]);
    assert_eq!(code, 0);
    assert!(!stdout.contains(|character: char| character.is_control() && character != '\n'), "{stdout:?}");
    let unset = "not reported by the server";
    let group = format!("{shown} (not post-quantum)");
    let expected = [
        ("peer address", shown),
        ("HTTP version", shown),
        ("TLS version", shown),
        ("cipher suite", shown),
        ("key exchange", &group),
        ("ALPN", shown),
        ("server name (SNI)", shown),
        ("session", "resumed"),
        ("client certificate", shown),
        ("server certificate", shown),
        ("  issued by", shown),
        ("  expires", unset),
        ("server version", shown),
        ("server started", unset),
    ];
    assert_eq!(rows(&stdout), expected);

    let (code, stdout, _) = outcome(&options, &["connection", "--json"]);
    assert_eq!((code, stdout.lines().count()), (0, 1));
    assert!(!stdout.trim_end().contains(char::is_control), "{stdout:?}");
    let response: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&response["peerAddress"], &response["tls"]["resumed"]), (&json!(text), &json!(true)));
    let certificate = json!({ "subject": text, "issuer": text });
    assert_eq!(
        (&response["tls"]["serverCertificate"], response.get("serverStartTime")),
        (&certificate, None)
    );
}

#[test]
fn empty_fields_are_explained() {
    let mut response = response_with("");
    let tls = response.tls.as_mut().unwrap();
    tls.server_certificate = None;
    let (_, stdout, _) = outcome(&server_with(&response), &["connection"]);
    let rows = rows(&stdout);
    for row in [
        ("key exchange", "that of the earlier session"),
        ("ALPN", "none"),
        ("server name (SNI)", "none"),
        ("server certificate", "not reported by the server"),
    ] {
        assert!(rows.contains(&row), "{row:?} in {stdout}");
    }
}

#[test]
fn a_connection_error_is_printed() {
    let server = Server::start();
    let url = server.plaintext_url().replace("http://", "https://");
    let line = failure(&["--url", &url, "--ca", server.ca().to_str().unwrap()], &["connection"]);
    assert!(line.contains("does not speak TLS"), "{line}");
}
