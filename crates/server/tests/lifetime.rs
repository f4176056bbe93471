//! Connections and the server from begin to end: limits on those who do nothing, and the shutdown.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::time::Duration;

use common::{
    Server, Setup, Wire, channel, frame, full, http2, post,
    program::{Connection, Messages},
    soon, unending,
};
use http::StatusCode;
use hyper_util::rt::{TokioExecutor, TokioIo};
use oneport::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

const TEMPLATE: &str = "/TemplateGRPC/TemplateGRPCEndpoint";
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";
/// A stream whose messages do not come.
const HANGING: &[u8] = b"POST /increment.v1.IncrementService/IncrementMany HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/connect+json\r\nConnect-Protocol-Version: 1\r\n\
    Content-Length: 100\r\n\r\n";
const CALL: &[u8] = b"POST /TemplateGRPC/TemplateGRPCEndpoint HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/grpc-web\r\nContent-Length: 7\r\n\r\n\0\0\0\0\x02\x08\x29";

async fn with_limits(limits: Limits) -> Server {
    Server::with(Setup { limits, ..Setup::default() }).await
}

/// Waits until the server has closed the connection.
async fn is_closed(mut stream: impl AsyncReadExt + Unpin) {
    let mut read = Vec::new();
    let _ = soon(stream.read_to_end(&mut read)).await;
}

/// Makes a call on an open HTTP/1.1 connection.
async fn call_on(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(CALL).await?;
    let mut answer = Vec::new();
    while !answer.windows(2).any(|two| two == b"42") {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    // To the end of the body: the trailers frame and the last chunk.
    while !answer.ends_with(b"0\r\n\r\n") {
        stream.read_buf(&mut answer).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let limits = Limits { first_request: Duration::from_millis(100), ..Limits::default() };
    let server = with_limits(limits).await;
    for address in [server.http, server.https] {
        is_closed(TcpStream::connect(address).await.unwrap()).await;
    }
    for alpn in ["h2", "http/1.1"] {
        is_closed(server.tls(&[alpn]).await).await;
    }
    for begin in [&b"PRI * HTTP"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"POST / HT", b"\x16\x03\x01"] {
        let address = if begin[0] == 0x16 { server.https } else { server.http };
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begin).await.unwrap();
        is_closed(stream).await;
    }
}

#[tokio::test]
async fn an_idle_http_1_connection_is_closed_and_a_busy_one_is_not() {
    let limits = Limits {
        first_request: Duration::from_secs(1),
        http1_idle: Duration::from_secs(2),
        ..Limits::default()
    };
    let server = with_limits(limits).await;
    let begin = std::time::Instant::now();
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    while begin.elapsed() < 2 * limits.first_request {
        call_on(&mut stream).await.unwrap();
    }
    is_closed(stream).await;
}

#[tokio::test]
async fn an_http_2_connection_that_answers_no_ping_is_closed() {
    let limits = Limits {
        http2_ping: Duration::from_millis(50),
        http2_pong: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = with_limits(limits).await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    is_closed(stream).await;
}

/// All that comes until the server ends the connection in good order: over TLS an end without a word is an error.
async fn read_to_end(mut stream: impl AsyncReadExt + Unpin) -> Vec<u8> {
    let mut read = Vec::new();
    soon(stream.read_to_end(&mut read)).await.unwrap();
    read
}

/// Checks that these are HTTP/2's frames, SETTINGS first and GOAWAY without an error among them.
fn is_told_to_go_away(bytes: &[u8]) {
    let (frames, read) = http2::frames(bytes);
    assert_eq!(read, bytes.len(), "{frames:?}");
    assert_eq!(frames[0].kind, http2::SETTINGS, "{frames:?}");
    let goaway = frames.iter().find(|frame| frame.kind == http2::GOAWAY);
    let error = &goaway.unwrap_or_else(|| panic!("no GOAWAY: {frames:?}")).payload[4..8];
    assert_eq!(error, [0; 4], "NO_ERROR");
}

fn is_told_of_its_time_out(bytes: &[u8]) {
    let answer = String::from_utf8_lossy(bytes);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn a_peer_whose_first_request_does_not_come_is_told_of_the_end() {
    let limits = Limits { first_request: Duration::from_millis(100), ..Limits::default() };
    let server = with_limits(limits).await;
    for begin in [&b""[..], b"PRI * HTTP", http2::BEGIN] {
        let mut stream = server.tls(&["h2"]).await;
        stream.write_all(begin).await.unwrap();
        is_told_to_go_away(&read_to_end(stream).await);
    }
    for begin in [&b"PRI * HTTP"[..], http2::BEGIN] {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(begin).await.unwrap();
        is_told_to_go_away(&read_to_end(stream).await);
    }
    for begin in [&b""[..], b"POST / HT"] {
        let mut clear = TcpStream::connect(server.http).await.unwrap();
        clear.write_all(begin).await.unwrap();
        is_told_of_its_time_out(&read_to_end(clear).await);
        let mut tls = server.tls(&["http/1.1"]).await;
        tls.write_all(begin).await.unwrap();
        is_told_of_its_time_out(&read_to_end(tls).await);
    }
}

#[tokio::test]
async fn an_idle_http_2_connection_is_told_to_go_away_though_it_answers_pings() {
    let limits = Limits {
        idle: Duration::from_millis(500),
        http2_ping: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = with_limits(limits).await;
    let mut stream = server.tls(&["h2"]).await;
    let call = http2::call(1, TEMPLATE, &[8, 41]);
    stream.write_all(&[http2::BEGIN, &call].concat()).await.unwrap();
    let (mut read, mut all) = (Vec::new(), Vec::new());
    while soon(stream.read_buf(&mut read)).await.unwrap() > 0 {
        let (frames, taken) = http2::frames(&read);
        read.drain(..taken);
        for frame in &frames {
            if frame.kind == http2::PING && frame.flags == 0 {
                let pong = http2::frame(http2::PING, http2::ACK, 0, &frame.payload);
                // The last one may come after the server's end.
                let _ = stream.write_all(&pong).await;
            }
        }
        all.extend(frames);
    }
    let position = |kind| all.iter().position(|frame| frame.kind == kind).unwrap();
    assert!(position(http2::DATA) < position(http2::PING), "{all:?}");
    assert!(position(http2::PING) < position(http2::GOAWAY), "{all:?}");
    let last = all.last().unwrap();
    assert_eq!((last.kind, &last.payload[..8]), (http2::GOAWAY, &[0, 0, 0, 1, 0, 0, 0, 0][..]));
}

#[tokio::test]
async fn an_idle_http_1_connection_is_told_of_its_time_out() {
    let short = Duration::from_millis(100);
    for limits in [
        Limits { http1_idle: short, ..Limits::default() },
        Limits { idle: short, first_request: short, ..Limits::default() },
    ] {
        let server = with_limits(limits).await;
        for next in [&b""[..], b"POST / HT"] {
            let mut stream = TcpStream::connect(server.http).await.unwrap();
            soon(call_on(&mut stream)).await.unwrap();
            stream.write_all(next).await.unwrap();
            is_told_of_its_time_out(&read_to_end(stream).await);
        }
    }
}

#[tokio::test]
async fn a_stream_on_which_nothing_moves_is_not_idle() {
    let short = Duration::from_millis(50);
    let server = with_limits(Limits { idle: short, first_request: short, ..Limits::default() }).await;
    let mut watch = Connection::open(server.http, Wire::Grpc).await.unwrap();
    let mut watched = Messages::of(watch.begin(Wire::Grpc, WATCH, &[]).await.unwrap());
    soon(watched.next()).await.unwrap();
    for _ in 0..10 {
        let mut other = TcpStream::connect(server.http).await.unwrap();
        soon(call_on(&mut other)).await.unwrap();
        soon(watched.next()).await.unwrap();
        // As long as this takes, nothing moves on the watch.
        is_closed(other).await;
    }
    // It was not told to go away either.
    soon(watch.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.unwrap().unwrap();
}

#[tokio::test]
async fn at_the_limit_of_connections_the_longest_idle_one_is_closed_for_another() {
    let server = with_limits(Limits { connections: 2, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        soon(call_on(&mut stream)).await.unwrap();
        open.push(stream);
    }
    let mut third = TcpStream::connect(server.http).await.unwrap();
    soon(call_on(&mut third)).await.unwrap();
    is_told_of_its_time_out(&read_to_end(open.remove(0)).await);
    for stream in [&mut open[0], &mut third] {
        soon(call_on(stream)).await.unwrap();
    }
}

#[tokio::test]
async fn at_the_limit_of_connections_an_idle_one_is_closed_before_one_with_a_stream() {
    let server = with_limits(Limits { connections: 3, ..Limits::default() }).await;
    let mut watch = Connection::open(server.http, Wire::Grpc).await.unwrap();
    let mut watched = Messages::of(watch.begin(Wire::Grpc, WATCH, &[]).await.unwrap());
    soon(watched.next()).await.unwrap();
    let mut idle = TcpStream::connect(server.http).await.unwrap();
    soon(call_on(&mut idle)).await.unwrap();
    let mut steady = TcpStream::connect(server.http).await.unwrap();
    // One that was used in the last second is not idle.
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(2) {
        soon(call_on(&mut steady)).await.unwrap();
        soon(watched.next()).await.unwrap();
    }
    let mut another = TcpStream::connect(server.http).await.unwrap();
    soon(call_on(&mut another)).await.unwrap();
    is_told_of_its_time_out(&read_to_end(idle).await);
    soon(call_on(&mut steady)).await.unwrap();
    soon(watched.next()).await.unwrap();
}

#[tokio::test]
async fn at_the_limit_of_connections_one_whose_request_hangs_is_closed_where_none_is_idle() {
    let server = with_limits(Limits { connections: 3, ..Limits::default() }).await;
    let mut hanging = Vec::new();
    for _ in 0..6 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(HANGING).await.unwrap();
        // The response begins, so the request has come.
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            assert_ne!(soon(stream.read_buf(&mut response)).await.unwrap(), 0);
        }
        hanging.push(stream);
    }
    let mut another = TcpStream::connect(server.http).await.unwrap();
    soon(call_on(&mut another)).await.unwrap();
    for stream in hanging.drain(..4) {
        is_closed(stream).await;
    }
}

#[tokio::test]
async fn a_client_over_its_share_of_connections_takes_none_of_others() {
    let server = with_limits(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = socket.connect(server.http).await.unwrap();
    soon(call_on(&mut other)).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        soon(call_on(&mut stream)).await.unwrap();
        open.push(stream);
    }
    for stream in open.drain(..3) {
        is_told_of_its_time_out(&read_to_end(stream).await);
    }
    for stream in open.iter_mut().chain([&mut other]) {
        soon(call_on(stream)).await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_takes_no_notice_does_not_keep_others_out() {
    let server = with_limits(Limits { connections: 2, ..Limits::default() }).await;
    let mut mute = Vec::new();
    let begin = std::time::Instant::now();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(&[http2::BEGIN, &http2::call(1, TEMPLATE, &[8, 41])].concat()).await.unwrap();
        let mut read = Vec::new();
        while !http2::frames(&read).0.iter().any(|frame| frame.kind == http2::DATA) {
            assert!(soon(stream.read_buf(&mut read)).await.unwrap() > 0, "it is not served");
        }
        // From here on it answers no PING, and reads nothing.
        mute.push(stream);
    }
    // Without an end by force, each second one has a second: nineteen in all.
    assert!(begin.elapsed() < Duration::from_secs(10), "it waited for peers that take no notice");
}

#[tokio::test]
async fn as_many_calls_as_may_be_open_can_be_cancelled_at_once() {
    let server = Server::start().await;
    let begin_and_cancel = |index: u32| {
        let stream = 2 * index + 1;
        [http2::headers(stream, TEMPLATE), http2::frame(http2::RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
    };
    for (cancelled, survives) in [(200, true), (20_000, false)] {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        let calls: Vec<_> = (0..cancelled).flat_map(begin_and_cancel).collect();
        let last = http2::call(2 * cancelled + 1, TEMPLATE, &[8, 41]);
        let (mut reader, mut writer) = stream.split();
        let write = async {
            // A flood may be answered by the end of the connection.
            let _ = writer.write_all(&[http2::BEGIN, &calls, &last].concat()).await;
        };
        let mut read = Vec::new();
        let answer = async {
            while let Ok(1..) = reader.read_buf(&mut read).await {
                let frames = http2::frames(&read).0;
                if frames.iter().any(|frame| frame.kind == http2::DATA || frame.kind == http2::GOAWAY) {
                    break;
                }
            }
        };
        soon(async { tokio::join!(write, answer) }).await;
        let frames = http2::frames(&read).0;
        let is_answered = frames.iter().any(|frame| frame.kind == http2::DATA && frame.stream > 400);
        let is_ended = frames.iter().any(|frame| frame.kind == http2::GOAWAY && frame.payload[7] == 11);
        assert_eq!((is_answered, is_ended), (survives, !survives), "{cancelled}: {frames:?}");
    }
}

#[tokio::test]
async fn the_peers_machine_is_asked_whether_it_is_still_there() {
    let server = Server::start().await;
    for address in [server.http, server.https] {
        let stream = TcpStream::connect(address).await.unwrap();
        let hex = |port: u16| format!(":{port:04X}");
        let (local, remote) = (hex(address.port()), hex(stream.local_addr().unwrap().port()));
        // The timer is 2 for keep-alive (Linux, proc_net_tcp).
        let asks = || {
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            rows.any(|row| row[1].ends_with(&local) && row[2].ends_with(&remote) && row[5].starts_with("02:"))
        };
        soon(async {
            while !asks() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_under_way_is_answered_after_the_shutdown_began() {
    let mut server = Server::start().await;
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let (body_sender, body) = channel();
    let call = tokio::spawn(sender.send_request(post(TEMPLATE, "application/grpc-web", body)));
    let (head, rest) = (&frame(&[8, 41])[..3], &frame(&[8, 41])[3..]);
    assert!(body_sender.send(head).await);
    // A later call is answered, so the first one has reached the server.
    let probe = post(TEMPLATE, "application/grpc-web", full(&frame(&[8, 1])));
    assert_eq!(soon(sender.send_request(probe)).await.unwrap().status(), StatusCode::OK);

    server.stop();
    while TcpStream::connect(server.https).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for _ in 0..500 {
        assert!(TcpStream::connect(server.https).await.is_err(), "refused as long as the call goes on");
    }
    assert!(body_sender.send(rest).await);
    drop(body_sender);
    let response = soon(call).await.unwrap().unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert!(body.windows(2).any(|two| two == b"42"), "{body:?}");
    soon(&mut server.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_peer_that_hangs_does_not_hold_up_the_shutdown() {
    let limits = Limits { drain: Duration::from_millis(100), ..Limits::default() };
    let mut server = with_limits(limits).await;
    let silent = TcpStream::connect(server.https).await.unwrap();
    let call = post(TEMPLATE, "application/grpc", unending(&[&[0, 0]]));
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let hanging = tokio::spawn(sender.send_request(call));
    let probe = post(TEMPLATE, "application/grpc-web", full(&frame(&[8, 1])));
    soon(sender.send_request(probe)).await.unwrap();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    is_closed(silent).await;
    assert!(soon(hanging).await.unwrap().is_err());
}

#[tokio::test]
async fn idle_connections_end_with_the_shutdown_at_once() {
    let mut server = Server::start().await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    soon(call_on(&mut stream)).await.unwrap();
    assert!(soon(server.call(Wire::Grpc, TEMPLATE, &[8, 41])).await.is_ok());
    let begin = std::time::Instant::now();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    is_closed(stream).await;
    assert!(begin.elapsed() < Limits::default().drain, "it waited for idle connections");
}

#[tokio::test]
async fn peers_without_a_call_are_not_waited_for_at_the_shutdown() {
    let mut server = Server::start().await;
    let mut silent = Vec::new();
    for address in [server.http, server.https] {
        for begin in [&b""[..], b"\x16\x03\x01", b"PRI * HTTP", http2::BEGIN, b"POST / HT"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begin).await.unwrap();
            silent.push(stream);
        }
    }
    let handshaken = (server.tls(&["h2"]).await, server.tls(&["http/1.1"]).await);
    // Its PING is never answered.
    let mut called = server.tls(&["h2"]).await;
    called.write_all(&[http2::BEGIN, &http2::call(1, TEMPLATE, &[8, 41])].concat()).await.unwrap();
    let mut read = Vec::new();
    while !http2::frames(&read).0.iter().any(|frame| frame.kind == http2::DATA) {
        soon(called.read_buf(&mut read)).await.unwrap();
    }
    let begin = std::time::Instant::now();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    assert!(begin.elapsed() < Limits::default().drain, "it waited for peers without a call");
    called.read_to_end(&mut read).await.unwrap();
    is_told_to_go_away(&read);
    is_told_to_go_away(&read_to_end(handshaken.0).await);
    assert_eq!(read_to_end(handshaken.1).await, b"");
}
