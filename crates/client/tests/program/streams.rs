//! `count-up`, `many` and the library's sum: streams that complete, that the reader closes, and that fail.

use std::{
    io::{BufRead, BufReader, Lines, Read, Write, copy, sink},
    process::{Child, ChildStdin, ChildStdout, Stdio},
    thread,
    time::Instant,
};

use futures_util::stream;
use increment_client::{Client, ClientError, Protocol, Sum, Target};

use crate::{
    common::{canned, server::Server},
    relay::Relay,
    run::{block_on, increment, outcome},
};

const PROTOCOLS: [&str; 2] = ["grpc", "grpc-web"];

/// More than all buffers hold.
const FLOOD: usize = 8 << 20;

/// The program, running.
struct Running {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start<S: AsRef<std::ffi::OsStr>>(options: &[S], args: &[&str]) -> Self {
        let mut command = increment(options, args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { input: child.stdin.take().unwrap(), lines, child }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// Waits for the exit. Returns exit code, remaining lines and standard error.
    fn wait(self) -> (i32, Vec<String>, String) {
        let lines = self.lines.map(|line| line.unwrap()).collect();
        let output = self.child.wait_with_output().unwrap();
        (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
    }

    /// Closes its output, and asserts that it exits with 0 and prints no error.
    fn close_output(self) {
        drop(self.lines);
        let output = self.child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    }
}

/// Runs `many` with this input.
fn many(server: &Server, input: &[u8]) -> (i32, Vec<String>, String) {
    let mut running = Running::start(&server.options(), &["many"]);
    running.input.write_all(input).unwrap();
    let Running { child, lines, input } = running;
    drop(input);
    let lines = lines.map(|line| line.unwrap()).collect();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn count_up_prints_a_value_per_line() {
    let server = Server::start();
    let plaintext = server.plaintext_options();
    for options in [server.options(), plaintext] {
        for protocol in PROTOCOLS {
            let args = ["count-up", "--protocol", protocol, "--steps", "3", "-2"];
            assert_eq!(outcome(&options, &args), (0, "-1\n0\n1\n".into(), "".into()));
            let mut command = increment(&options, &["count-up", "--protocol", protocol, "5681"]);
            command.env("INCREMENT_STEPS", "2");
            assert_eq!(command.output().unwrap().stdout, b"5682\n5683\n");
        }
    }
}

#[test]
fn count_up_waits_for_the_interval() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let start = Instant::now();
        let args = ["count-up", "1", "--steps", "3", "--protocol", protocol];
        let mut command = increment(&server.options(), &args);
        let output = command.env("INCREMENT_INTERVAL_MS", "150").output().unwrap();
        assert_eq!(output.stdout, b"2\n3\n4\n");
        assert!(start.elapsed().as_millis() >= 300, "{:?}", start.elapsed());
    }
}

#[test]
fn a_value_is_printed_when_it_is_received() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        // The second value follows in 49 days.
        let args = ["count-up", "41", "--interval-ms", "4294967295", "--protocol", protocol];
        let mut running = Running::start(&server.options(), &args);
        assert_eq!(running.line(), "42");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }
}

#[test]
fn count_up_continues_until_its_output_is_closed() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let mut running = Running::start(&server.options(), &["count-up", "0", "--protocol", protocol]);
        for value in 1..=20_000 {
            assert_eq!(running.line(), value.to_string());
        }
        running.close_output();
    }
}

#[test]
fn count_up_ends_at_the_largest_number() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let args = ["count-up", "9223372036854775805", "--protocol", protocol];
        let (code, stdout, stderr) = outcome(&server.options(), &args);
        assert_eq!((code, &*stdout), (1, "9223372036854775806\n9223372036854775807\n"));
        assert!(
            stderr.starts_with("error: the stream failed (values received: 2): OUT_OF_RANGE: "),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn a_lost_connection_fails_count_up() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let relay = Relay::to(&server.plaintext_url());
        let args = ["count-up", "41", "--interval-ms", "4294967295", "--protocol", protocol];
        let mut running = Running::start(&["--url", &relay.url], &args);
        assert_eq!(running.line(), "42");
        relay.close();
        let (code, lines, stderr) = running.wait();
        assert_eq!((code, lines, stderr.lines().count()), (1, vec![], 1), "{stderr}");
        assert!(
            stderr.starts_with(
                "error: the stream failed (values received: 1): the connection to http://127.0.0.1:"
            ),
            "{stderr}"
        );
        assert!(stderr.contains("was lost"), "{stderr}");
    }
}

#[test]
fn a_count_that_the_server_closes_early_is_a_failure() {
    let url = canned::respond(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 27\r\n\r\n\
          \0\0\0\0\x02\x08\x2a\x80\0\0\0\x0fgrpc-status:0\r\n",
    );
    for (steps, expected) in [("0", 1), ("1", 0), ("2", 1)] {
        let args = ["count-up", "41", "--protocol", "grpc-web", "--steps", steps];
        let (code, stdout, stderr) = outcome(&["--url", &url], &args);
        assert_eq!((code, &*stdout), (expected, "42\n"), "{stderr}");
        let line =
            if expected == 1 { "error: the server closed the stream (values received: 1)\n" } else { "" };
        assert_eq!(stderr, line);
    }
}

#[test]
fn many_sends_all_numbers_over_one_stream() {
    let server = Server::start();
    let (code, lines, stderr) = many(&server, b"5681\n\n-1\r\n  0 \n9223372036854775806");
    let expected = [
        "Send: 5681, Return: 5682",
        "Send: -1, Return: 0",
        "Send: 0, Return: 1",
        "Send: 9223372036854775806, Return: 9223372036854775807",
    ];
    assert_eq!((code, lines, &*stderr), (0, expected.map(str::to_owned).to_vec(), ""));
    let (_, counts, _) = outcome(&server.options(), &["accesses", "--json"]);
    assert!(counts.contains(r#""method":"IncrementMany","protocol":"grpc","count":"1"}]"#), "{counts}");
}

#[test]
fn an_empty_input_has_no_responses() {
    let server = Server::start();
    for input in [&b""[..], b"\n", b"\n \r\n"] {
        assert_eq!(many(&server, input), (0, vec![], String::new()));
    }
}

#[test]
fn each_response_is_printed_before_the_next_number_is_typed() {
    let server = Server::start();
    let mut running = Running::start(&server.options(), &["many"]);
    for number in 1..=20 {
        writeln!(running.input, "{number}").unwrap();
        assert_eq!(running.line(), format!("Send: {number}, Return: {}", number + 1));
    }
    let Running { child, input, .. } = running;
    drop(input);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_long_input_is_sent_completely() {
    let server = Server::start();
    let Running { child, mut input, lines } = Running::start(&server.options(), &["many"]);
    thread::scope(|scope| {
        scope.spawn(move || (0..50_000).for_each(|number| writeln!(input, "{number}").unwrap()));
        for (number, line) in (0..).zip(lines.map(|line| line.unwrap())).take(50_000) {
            assert_eq!(line, format!("Send: {number}, Return: {}", number + 1));
        }
    });
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

/// Writes until the reader closes the pipe, or [`FLOOD`] bytes. Returns the number of bytes.
fn flood(mut input: ChildStdin, text: &[u8]) -> usize {
    let block = text.repeat(4096 / text.len());
    let mut written = 0;
    while written < FLOOD && input.write_all(&block).is_ok() {
        written += block.len();
    }
    written
}

#[test]
fn an_unresponsive_server_limits_the_input_read_and_times_out() {
    let listener = canned::unresponsive();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            let sum = block_on(client(&url, Protocol::Grpc).sum_increments(stream::iter([1, 2])));
            assert!(matches!(sum, Err(ClientError::Timeout { .. })), "{sum:?}");
        });
        let Running { child, input, .. } = Running::start(&["--url", &url], &["many"]);
        let written = flood(input, b"5681\n");
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr.contains("did not respond within 10s"), "{stderr}");
        assert!(written < FLOOD / 8, "{written} bytes");
    });
}

#[test]
fn a_line_without_an_end_is_rejected() {
    let server = Server::start();
    let Running { child, input, .. } = Running::start(&server.options(), &["many"]);
    let written = flood(input, b"1");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: line 1 of the input is longer than 100 bytes"), "{stderr}");
    assert!(written < FLOOD / 8, "{written} bytes");
}

#[test]
fn an_invalid_line_ends_many_after_the_preceding_responses() {
    let server = Server::start();
    for line in ["x", "1.5", "9223372036854775808"] {
        let input = format!("1\n\n2\n{line}\n3\n");
        let (code, lines, stderr) = many(&server, input.as_bytes());
        assert_eq!(
            (code, &*lines),
            (2, &["Send: 1, Return: 2", "Send: 2, Return: 3"].map(str::to_owned)[..])
        );
        assert_eq!(
            stderr,
            format!("error: line 4 of the input is not a whole number of 64 bits: {line:?}\n")
        );
    }
}

#[test]
fn an_error_status_ends_many_before_the_end_of_the_input() {
    let server = Server::start();
    let mut running = Running::start(&server.options(), &["many"]);
    running.input.write_all(b"1\n9223372036854775807\n2\n").unwrap();
    let (code, lines, stderr) = running.wait();
    assert_eq!((code, lines), (1, vec!["Send: 1, Return: 2".to_owned()]));
    assert!(
        stderr.starts_with("error: the stream failed (responses received: 1): OUT_OF_RANGE: "),
        "{stderr}"
    );
    assert!(stderr.contains("(field number)") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_lost_connection_fails_many() {
    let server = Server::start();
    let relay = Relay::to(&server.plaintext_url());
    let mut running = Running::start(&["--url", &relay.url], &["many"]);
    writeln!(running.input, "1").unwrap();
    assert_eq!(running.line(), "Send: 1, Return: 2");
    relay.close();
    let (code, lines, stderr) = running.wait();
    assert_eq!((code, lines, stderr.lines().count()), (1, vec![], 1), "{stderr}");
    assert!(
        stderr.starts_with(
            "error: the stream failed (responses received: 1): the connection to http://127.0.0.1:"
        ),
        "{stderr}"
    );
}

#[test]
fn a_stream_that_the_server_closes_early_is_a_failure() {
    // SETTINGS; HEADERS of stream 1 with END_STREAM: status 200, content-type application/grpc, grpc-status 0.
    let url = http2_server(
        b"\0\0\0\x04\0\0\0\0\0\
          \0\0\x23\x01\x05\0\0\0\x01\x88\x0f\x10\x10application/grpc\0\x0bgrpc-status\x010",
    );
    let mut running = Running::start(&["--url", &url], &["many"]);
    writeln!(running.input, "1").unwrap();
    let line = "error: the server closed the stream (responses received: 0)\n";
    assert_eq!(running.wait(), (1, vec![], line.to_owned()));
}

/// A server without TLS that sends this response over HTTP/2. Returns its URL.
fn http2_server(response: &'static [u8]) -> String {
    canned::serve(move |mut stream| {
        // Until the client's HEADERS of stream 1.
        let mut read = Vec::new();
        while !read.windows(9).any(|frame| frame[3] == 1 && frame[5..] == [0, 0, 0, 1]) {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap();
            read.extend_from_slice(&bytes[..length]);
        }
        stream.write_all(response).unwrap();
        let _ = copy(&mut stream, &mut sink());
    })
}

#[test]
fn a_closed_pipe_of_many_is_not_a_failure() {
    let server = Server::start();
    let Running { child, mut input, mut lines } = Running::start(&server.options(), &["many"]);
    writeln!(input, "1").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "Send: 1, Return: 2");
    drop(lines);
    writeln!(input, "2").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn many_over_grpc_web_is_wrong_use() {
    let server = Server::start();
    let running = Running::start(&server.options(), &["many", "--protocol", "grpc-web"]);
    let line = "error: gRPC-Web does not support bidirectional streams; use --protocol grpc\n";
    assert_eq!(running.wait(), (2, vec![], line.to_owned()));
}

/// A client of an `http` URL.
fn client(url: &str, protocol: Protocol) -> Client {
    Client::new(&Target::new(url, "unread").unwrap(), protocol)
}

#[test]
fn numbers_are_summed_up() {
    let server = Server::start();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let mut client = client(&server.plaintext_url(), protocol);
        block_on(async {
            let numbers = (0..1000).chain([-1_000_000]);
            let sum = client.sum_increments(stream::iter(numbers)).await.unwrap();
            assert_eq!(sum, Sum { count: 1001, sum: 500_500 - 999_999 });
            assert_eq!(client.sum_increments(stream::empty()).await.unwrap(), Sum { count: 0, sum: 0 });
            for numbers in [vec![1, i64::MAX], vec![i64::MAX - 1, 0]] {
                let error = client.sum_increments(stream::iter(numbers)).await.unwrap_err();
                assert!(error.to_string().starts_with("OUT_OF_RANGE: "), "{error}");
            }
        });
    }
}

#[test]
fn the_library_rejects_a_bidirectional_stream_over_grpc_web() {
    let mut client = client("http://localhost", Protocol::GrpcWeb);
    let error = block_on(client.increment_many(stream::empty())).err();
    assert!(matches!(error, Some(ClientError::NoBidirectionalStreams)));
}
