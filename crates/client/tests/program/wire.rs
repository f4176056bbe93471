//! `wire`: the bytes that travel, as they are, whatever comes back.

use crate::{Server, failure, outcome, web_server};

const PROTOCOLS: [&str; 2] = ["grpc", "grpc-web"];

/// What is printed of what was sent, and of what came back.
fn halves(stdout: &str) -> (&str, &str) {
    assert!(stdout.starts_with("SENT: "), "{stdout}");
    stdout.split_at(stdout.find("\nRECEIVED: ").unwrap() + 1)
}

fn assert_has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|other| other == *line), "no line {line:?} in\n{text}");
    }
}

#[test]
fn both_directions_are_printed_and_explained() {
    let server = Server::start();
    let clear = vec!["--url".into(), server.urls[1].clone()];
    for options in [server.options(), clear] {
        for protocol in PROTOCOLS {
            let (code, stdout, stderr) = outcome(&options, &["wire", "5681", "--protocol", protocol]);
            assert_eq!((code, &*stderr), (0, ""));
            let (sent, received) = halves(&stdout);
            assert_has(
                sent,
                &[
                    "SENT: POST /increment.v1.IncrementService/Increment, 8 bytes",
                    "  0000  00 00 00 00 03 08 b1 2c                          .......,",
                    "  00           flag 0: a message, not compressed [0 00000 0 0]",
                    "  00 00 00 03  length 3: that many bytes follow; 4 bytes, most significant first",
                    "               the message increment.v1.IncrementRequest",
                    "    08         field 1 (number, int64), wire type 0 (varint) [0 0001 000]",
                    "    b1 2c      number = 5681: 7 bits of each byte, least significant first [1 0110001  0 0101100]",
                ],
            );
            assert!(
                received.contains("number = 5681: ") && received.contains("result = 5682: "),
                "{received}"
            );
            assert!(received.contains("the message increment.v1.IncrementResponse"), "{received}");
        }
    }
}

#[test]
fn grpc_has_trailers_after_the_body_and_grpc_web_in_it() {
    let server = Server::start();
    let (_, stdout, _) = outcome(&server.options(), &["wire", "5681"]);
    let (sent, received) = halves(&stdout);
    assert_has(sent, &["  content-type: application/grpc", "  te: trailers"]);
    assert_has(received, &["RECEIVED: HTTP/2.0 200 OK, 11 bytes", "  content-type: application/grpc"]);
    let (_, trailers) = received.split_once("\n\n  HTTP's trailers, after the body:\n").unwrap();
    assert_has(trailers, &["  grpc-status: 0 (OK)"]);

    let (_, stdout, _) = outcome(&server.options(), &["wire", "5681", "--protocol", "grpc-web"]);
    let (sent, received) = halves(&stdout);
    assert_has(sent, &["  content-type: application/grpc-web"]);
    assert_has(received, &["  content-type: application/grpc-web+proto"]);
    let (_, trailers) = received.split_once("  80 ").unwrap();
    assert!(trailers.starts_with("  ") && trailers.contains("flag 80: trailers"), "{trailers}");
    assert!(trailers.contains("\n    67 72 70 63 2d 73 74 61 74 75 …  grpc-status: 0 (OK)\n"), "{trailers}");
    assert!(!received.contains("HTTP's trailers"), "{received}");
}

#[test]
fn a_negative_number_has_ten_bytes() {
    let server = Server::start();
    let (code, stdout, _) = outcome(&server.options(), &["wire", "-1"]);
    assert_eq!(code, 0);
    assert_has(
        halves(&stdout).0,
        &["  0000  00 00 00 00 0b 08 ff ff ff ff ff ff ff ff ff 01  ................"],
    );
}

#[test]
fn an_answer_that_refuses_is_printed_too() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let words = ["wire", "9223372036854775807", "--protocol", protocol];
        let (code, stdout, stderr) = outcome(&server.options(), &words);
        assert_eq!(code, 1);
        assert!(stderr.starts_with("error: OUT_OF_RANGE: ") && stderr.contains("field number"), "{stderr}");
        let (sent, received) = halves(&stdout);
        assert!(sent.contains("number = 9223372036854775807: "), "{sent}");
        assert!(received.contains("grpc-status: 11 (OUT_OF_RANGE)"), "{received}");
    }
}

#[test]
fn the_bytes_are_those_that_came_however_odd() {
    // A varint that is longer than it has to be, a field that the contract does not have, and values that would move a cursor.
    let url = web_server(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 39\r\nx-odd: \xc2\x9b2J\r\n\r\n\
          \0\0\0\0\x06\x10\x87\x80\0\x18\x2a\x80\0\0\0\x17grpc-status:0\r\nx:\xc2\x9b2J\r\n",
    );
    let (code, stdout, stderr) = outcome(&["--url", &url], &["wire", "5681", "--protocol", "grpc-web"]);
    assert_eq!((code, &*stderr), (0, ""));
    assert!(!stdout.contains(|character: char| character.is_control() && character != '\n'), "{stdout:?}");
    let received = halves(&stdout).1;
    assert_has(
        received,
        &[
            "RECEIVED: HTTP/1.1 200 OK, 39 bytes",
            "  x-odd: \u{fffd}2J",
            "  0000  00 00 00 00 06 10 87 80 00 18 2a 80 00 00 00 17  ..........*.....",
            "  0020  3a c2 9b 32 4a 0d 0a                             :..2J..",
        ],
    );
    assert!(received.contains("result = 7: ") && received.contains("field 3 (unknown)"), "{received}");
    assert!(received.ends_with("x: \u{fffd}2J\n"), "{received}");
}

#[test]
fn what_came_before_an_answer_broke_off_is_printed() {
    let url = web_server(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 99\r\n\r\n\0\0\0\0\x06\x08\x01\x10",
    );
    let (code, stdout, stderr) = outcome(&["--url", &url], &["wire", "1", "--protocol", "grpc-web"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("broke the connection off"), "{stderr}");
    let received = halves(&stdout).1;
    assert_has(received, &["RECEIVED: HTTP/1.1 200 OK, 8 bytes"]);
    assert!(received.contains("malformed: 3 more bytes expected"), "{received}");
}

#[test]
fn without_an_answer_in_grpc_nothing_is_printed() {
    let url = web_server(b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n");
    let line = failure(&["--url", &url, "--protocol", "grpc-web"], &["wire", "1"]);
    assert!(line.contains("not a gRPC server") && line.contains("404"), "{line}");
}

#[test]
fn a_number_is_wanted() {
    for words in [
        &["wire"][..],
        &["wire", "x"],
        &["wire", "1.5"],
        &["wire", "9223372036854775808"],
        &["wire", "1", "2"],
    ] {
        let (code, stdout, stderr) = outcome::<&str>(&[], words);
        assert_eq!((code, &*stdout), (2, ""), "{words:?}");
        assert!(stderr.contains("NUMBER") || stderr.contains("'2'"), "{stderr}");
    }
}
