//! `count-up`, `many`, and the library's sum: streams that go well, that their reader has had enough of, and that break
//! off.

use std::{
    io::{BufRead, BufReader, Lines, Read, Write, copy, sink},
    net::TcpListener,
    process::{Child, ChildStdin, ChildStdout, Stdio},
    thread,
    time::Instant,
};

use futures_util::stream;
use increment_client::{Client, ClientError, Protocol, Sum, Target};

use crate::{Server, increment, outcome, relay::Relay, web_server};

const PROTOCOLS: [&str; 2] = ["grpc", "grpc-web"];

/// More than any buffer takes.
const MUCH: usize = 8 << 20;

/// The program while it runs.
struct Running {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start<S: AsRef<std::ffi::OsStr>>(options: &[S], words: &[&str]) -> Self {
        let mut command = increment(options, words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { input: child.stdin.take().unwrap(), lines, child }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    /// Waits for its end; returns exit code, the other lines and standard error.
    fn end(self) -> (i32, Vec<String>, String) {
        let lines = self.lines.map(|line| line.unwrap()).collect();
        let output = self.child.wait_with_output().unwrap();
        (output.status.code().unwrap(), lines, String::from_utf8(output.stderr).unwrap())
    }

    /// Its output is closed; it ends well, and says nothing.
    fn end_unread(self) {
        drop(self.lines);
        let output = self.child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
    }
}

/// What `many` makes of an input.
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
fn a_count_is_a_number_a_line() {
    let server = Server::start();
    let clear = vec!["--url".into(), server.urls[1].clone()];
    for options in [server.options(), clear] {
        for protocol in PROTOCOLS {
            let words = ["count-up", "--protocol", protocol, "--steps", "3", "-2"];
            assert_eq!(outcome(&options, &words), (0, "-1\n0\n1\n".into(), "".into()));
            let mut command = increment(&options, &["count-up", "--protocol", protocol, "5681"]);
            command.env("INCREMENT_STEPS", "2");
            assert_eq!(command.output().unwrap().stdout, b"5682\n5683\n");
        }
    }
}

#[test]
fn a_count_waits_between_its_values() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let start = Instant::now();
        let words = ["count-up", "1", "--steps", "3", "--protocol", protocol];
        let mut command = increment(&server.options(), &words);
        let output = command.env("INCREMENT_INTERVAL_MS", "150").output().unwrap();
        assert_eq!(output.stdout, b"2\n3\n4\n");
        assert!(start.elapsed().as_millis() >= 300, "{:?}", start.elapsed());
    }
}

#[test]
fn a_value_is_printed_when_it_comes() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        // The second one comes in 49 days.
        let words = ["count-up", "41", "--interval-ms", "4294967295", "--protocol", protocol];
        let mut running = Running::start(&server.options(), &words);
        assert_eq!(running.line(), "42");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }
}

#[test]
fn a_count_has_no_end_until_its_reader_has_had_enough() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let mut running = Running::start(&server.options(), &["count-up", "0", "--protocol", protocol]);
        for value in 1..=20_000 {
            assert_eq!(running.line(), value.to_string());
        }
        running.end_unread();
    }
}

#[test]
fn a_count_ends_at_the_largest_number() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let words = ["count-up", "9223372036854775805", "--protocol", protocol];
        let (code, stdout, stderr) = outcome(&server.options(), &words);
        assert_eq!((code, &*stdout), (1, "9223372036854775806\n9223372036854775807\n"));
        assert!(stderr.starts_with("error: the count ended with 2 printed: OUT_OF_RANGE: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn a_count_that_breaks_off_is_a_failure() {
    let server = Server::start();
    for protocol in PROTOCOLS {
        let relay = Relay::to(&server.urls[1]);
        let words = ["count-up", "41", "--interval-ms", "4294967295", "--protocol", protocol];
        let mut running = Running::start(&["--url", &relay.url], &words);
        assert_eq!(running.line(), "42");
        relay.cut();
        let (code, lines, stderr) = running.end();
        assert_eq!((code, lines, stderr.lines().count()), (1, vec![], 1), "{stderr}");
        assert!(stderr.starts_with("error: the count ended with 1 printed: http://127.0.0.1:"), "{stderr}");
        assert!(stderr.contains("broke the connection off"), "{stderr}");
    }
}

#[test]
fn a_count_that_the_server_ends_early_is_a_failure() {
    let url = web_server(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 27\r\n\r\n\
          \0\0\0\0\x02\x08\x2a\x80\0\0\0\x0fgrpc-status:0\r\n",
    );
    for (steps, expected) in [("0", 1), ("1", 0), ("2", 1)] {
        let words = ["count-up", "41", "--protocol", "grpc-web", "--steps", steps];
        let (code, stdout, stderr) = outcome(&["--url", &url], &words);
        assert_eq!((code, &*stdout), (expected, "42\n"), "{stderr}");
        let line = if expected == 1 { "error: the server ended the count with 1 printed\n" } else { "" };
        assert_eq!(stderr, line);
    }
}

#[test]
fn many_numbers_are_answered_over_one_stream() {
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
fn no_input_has_no_answers() {
    let server = Server::start();
    for input in [&b""[..], b"\n", b"\n \r\n"] {
        assert_eq!(many(&server, input), (0, vec![], String::new()));
    }
}

#[test]
fn each_number_is_answered_before_the_next_is_typed() {
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
fn a_long_input_is_answered_whole() {
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

/// Writes until nobody reads, or it is too much; returns how many bytes that was.
fn flood(mut input: ChildStdin, with: &[u8]) -> usize {
    let block = with.repeat(4096 / with.len());
    let mut written = 0;
    while written < MUCH && input.write_all(&block).is_ok() {
        written += block.len();
    }
    written
}

#[test]
fn a_server_that_says_nothing_takes_little_and_is_given_up() {
    // Connections wait in its queue, and nobody takes them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    thread::scope(|scope| {
        scope.spawn(|| {
            let sum = wait_for(client(&url, Protocol::Grpc).sum_increments(stream::iter([1, 2])));
            assert!(matches!(sum, Err(ClientError::NoAnswer { .. })), "{sum:?}");
        });
        let Running { child, input, .. } = Running::start(&["--url", &url], &["many"]);
        let written = flood(input, b"5681\n");
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr.contains("did not answer within 10s"), "{stderr}");
        assert!(written < MUCH / 8, "{written} bytes");
    });
}

#[test]
fn a_line_that_never_ends_is_given_up() {
    let server = Server::start();
    let Running { child, input, .. } = Running::start(&server.options(), &["many"]);
    let written = flood(input, b"1");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: line 1 of the input is longer than 100 bytes"), "{stderr}");
    assert!(written < MUCH / 8, "{written} bytes");
}

#[test]
fn a_line_that_is_no_number_ends_it_after_the_answers_before() {
    let server = Server::start();
    for line in ["x", "1.5", "9223372036854775808"] {
        let input = format!("1\n\n2\n{line}\n3\n");
        let (code, lines, stderr) = many(&server, input.as_bytes());
        assert_eq!(
            (code, &*lines),
            (2, &["Send: 1, Return: 2", "Send: 2, Return: 3"].map(str::to_owned)[..])
        );
        assert_eq!(stderr, format!("error: line 4 of the input is no whole number of 64 bits: {line:?}\n"));
    }
}

#[test]
fn a_refused_number_ends_it_though_more_could_come() {
    let server = Server::start();
    let mut running = Running::start(&server.options(), &["many"]);
    running.input.write_all(b"1\n9223372036854775807\n2\n").unwrap();
    let (code, lines, stderr) = running.end();
    assert_eq!((code, lines), (1, vec!["Send: 1, Return: 2".to_owned()]));
    assert!(stderr.starts_with("error: the stream ended with 1 answered: OUT_OF_RANGE: "), "{stderr}");
    assert!(stderr.contains("(field number)") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_stream_that_breaks_off_is_a_failure() {
    let server = Server::start();
    let relay = Relay::to(&server.urls[1]);
    let mut running = Running::start(&["--url", &relay.url], &["many"]);
    writeln!(running.input, "1").unwrap();
    assert_eq!(running.line(), "Send: 1, Return: 2");
    relay.cut();
    let (code, lines, stderr) = running.end();
    assert_eq!((code, lines, stderr.lines().count()), (1, vec![], 1), "{stderr}");
    assert!(stderr.starts_with("error: the stream ended with 1 answered: http://127.0.0.1:"), "{stderr}");
}

#[test]
fn a_stream_that_the_server_ends_early_is_a_failure() {
    // SETTINGS; HEADERS of stream 1, its last: status 200, content-type application/grpc, grpc-status 0.
    let url = http2_server(
        b"\0\0\0\x04\0\0\0\0\0\
          \0\0\x23\x01\x05\0\0\0\x01\x88\x0f\x10\x10application/grpc\0\x0bgrpc-status\x010",
    );
    let mut running = Running::start(&["--url", &url], &["many"]);
    writeln!(running.input, "1").unwrap();
    let line = "error: the server ended the stream with 0 answered\n";
    assert_eq!(running.end(), (1, vec![], line.to_owned()));
}

/// A server in clear that knows HTTP/2 and one answer; returns its URL.
fn http2_server(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The preface, SETTINGS, and the request's HEADERS of stream 1.
        let mut read = Vec::new();
        while !read.windows(9).any(|frame| frame[3] == 1 && frame[5..] == [0, 0, 0, 1]) {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap();
            read.extend_from_slice(&bytes[..length]);
        }
        stream.write_all(answer).unwrap();
        let _ = copy(&mut stream, &mut sink());
    });
    url
}

#[test]
fn answers_that_nobody_reads_any_more_are_no_failure() {
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
fn grpc_web_carries_no_bidirectional_stream() {
    let server = Server::start();
    let running = Running::start(&server.options(), &["many", "--protocol", "grpc-web"]);
    let line = "error: gRPC-Web carries no bidirectional stream; --protocol grpc does\n";
    assert_eq!(running.end(), (2, vec![], line.to_owned()));
}

/// A client of `url` in clear.
fn client(url: &str, protocol: Protocol) -> Client {
    Client::new(&Target::new(url, "unread").unwrap(), protocol)
}

#[test]
fn numbers_are_summed_up() {
    let server = Server::start();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let mut client = client(&server.urls[1], protocol);
        wait_for(async {
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
fn the_library_refuses_a_bidirectional_stream_over_grpc_web() {
    let mut client = client("http://localhost", Protocol::GrpcWeb);
    let refused = wait_for(client.increment_many(stream::empty())).err();
    assert!(matches!(refused, Some(ClientError::OneWay)));
}

pub(crate) fn wait_for<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
