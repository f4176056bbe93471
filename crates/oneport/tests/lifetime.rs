//! The lifetime of connections: idle ones, limits, keep-alive, and the shutdown.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::time::Duration;

use common::{
    Connection, Messages, Server, Setup, Wire, channel,
    contract::{FORMAT, WATCH_CALLS},
    frame, full, http2, post, soon, unending,
};
use http::StatusCode;
use hyper_util::rt::{TokioExecutor, TokioIo};
use oneport::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// A stream without messages.
const HANGING: &[u8] = b"POST /test.v1.NumberService/AddOneToEach HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/connect+json\r\nConnect-Protocol-Version: 1\r\n\
    Content-Length: 100\r\n\r\n";
const CALL: &[u8] = b"POST /Formatter/Format HTTP/1.1\r\nHost: localhost\r\n\
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
    let mut response = Vec::new();
    while !response.windows(2).any(|two| two == b"42") {
        if stream.read_buf(&mut response).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    // To the end of the body: the trailers frame and the last chunk.
    while !response.ends_with(b"0\r\n\r\n") {
        stream.read_buf(&mut response).await?;
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
async fn an_idle_http_1_connection_is_closed_and_an_active_one_is_not() {
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
async fn an_http_2_connection_without_ping_acknowledgements_is_closed() {
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

/// Reads until the server closes the connection; over TLS, a close without close_notify is an error.
async fn read_to_end(mut stream: impl AsyncReadExt + Unpin) -> Vec<u8> {
    let mut read = Vec::new();
    soon(stream.read_to_end(&mut read)).await.unwrap();
    read
}

/// Asserts that these are HTTP/2 frames: SETTINGS first, and a GOAWAY with NO_ERROR among them.
fn assert_goaway(bytes: &[u8]) {
    let (frames, read) = http2::frames(bytes);
    assert_eq!(read, bytes.len(), "{frames:?}");
    assert_eq!(frames[0].kind, http2::SETTINGS, "{frames:?}");
    let goaway = frames.iter().find(|frame| frame.kind == http2::GOAWAY);
    let error = &goaway.unwrap_or_else(|| panic!("no GOAWAY: {frames:?}")).payload[4..8];
    assert_eq!(error, [0; 4], "NO_ERROR");
}

fn assert_timed_out(bytes: &[u8]) {
    let response = String::from_utf8_lossy(bytes);
    assert!(
        response.starts_with("HTTP/1.1 408 ") && response.contains("\r\nconnection: close\r\n"),
        "{response}"
    );
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_with_goaway_or_408() {
    let limits = Limits { first_request: Duration::from_millis(100), ..Limits::default() };
    let server = with_limits(limits).await;
    for begin in [&b""[..], b"PRI * HTTP", http2::PREFACE] {
        let mut stream = server.tls(&["h2"]).await;
        stream.write_all(begin).await.unwrap();
        assert_goaway(&read_to_end(stream).await);
    }
    for begin in [&b"PRI * HTTP"[..], http2::PREFACE] {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(begin).await.unwrap();
        assert_goaway(&read_to_end(stream).await);
    }
    for begin in [&b""[..], b"POST / HT"] {
        let mut clear = TcpStream::connect(server.http).await.unwrap();
        clear.write_all(begin).await.unwrap();
        assert_timed_out(&read_to_end(clear).await);
        let mut tls = server.tls(&["http/1.1"]).await;
        tls.write_all(begin).await.unwrap();
        assert_timed_out(&read_to_end(tls).await);
    }
}

#[tokio::test]
async fn an_idle_http_2_connection_gets_goaway_though_it_acknowledges_pings() {
    let limits = Limits {
        idle: Duration::from_millis(500),
        http2_ping: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = with_limits(limits).await;
    let mut stream = server.tls(&["h2"]).await;
    let call = http2::call(1, FORMAT, &[8, 41]);
    stream.write_all(&[http2::PREFACE, &call].concat()).await.unwrap();
    let (mut read, mut all) = (Vec::new(), Vec::new());
    while soon(stream.read_buf(&mut read)).await.unwrap() > 0 {
        let (frames, taken) = http2::frames(&read);
        read.drain(..taken);
        for frame in &frames {
            if frame.kind == http2::PING && frame.flags == 0 {
                let pong = http2::frame(http2::PING, http2::ACK, 0, &frame.payload);
                // The server may have closed the connection meanwhile.
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
async fn an_idle_http_1_connection_is_closed_with_408() {
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
            assert_timed_out(&read_to_end(stream).await);
        }
    }
}

#[tokio::test]
async fn a_silent_stream_is_not_idle() {
    let short = Duration::from_millis(50);
    let server = with_limits(Limits { idle: short, first_request: short, ..Limits::default() }).await;
    let mut watch = Connection::open(server.http, Wire::Grpc).await.unwrap();
    let mut watched = Messages::new(watch.begin(Wire::Grpc, WATCH_CALLS, &[]).await.unwrap());
    soon(watched.next()).await.unwrap();
    for _ in 0..10 {
        let mut other = TcpStream::connect(server.http).await.unwrap();
        soon(call_on(&mut other)).await.unwrap();
        soon(watched.next()).await.unwrap();
        // Meanwhile the watch is silent.
        is_closed(other).await;
    }
    // Nor did it get a GOAWAY.
    soon(watch.call(Wire::Grpc, FORMAT, &[8, 41])).await.unwrap().unwrap();
}

#[tokio::test]
async fn at_the_limit_of_connections_the_longest_idle_one_is_closed() {
    let server = with_limits(Limits { connections: 2, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        soon(call_on(&mut stream)).await.unwrap();
        open.push(stream);
    }
    let mut third = TcpStream::connect(server.http).await.unwrap();
    soon(call_on(&mut third)).await.unwrap();
    assert_timed_out(&read_to_end(open.remove(0)).await);
    for stream in [&mut open[0], &mut third] {
        soon(call_on(stream)).await.unwrap();
    }
}

#[tokio::test]
async fn at_the_limit_of_connections_an_idle_one_is_closed_before_one_with_a_stream() {
    let server = with_limits(Limits { connections: 3, ..Limits::default() }).await;
    let mut watch = Connection::open(server.http, Wire::Grpc).await.unwrap();
    let mut watched = Messages::new(watch.begin(Wire::Grpc, WATCH_CALLS, &[]).await.unwrap());
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
    assert_timed_out(&read_to_end(idle).await);
    soon(call_on(&mut steady)).await.unwrap();
    soon(watched.next()).await.unwrap();
}

#[tokio::test]
async fn at_the_limit_of_connections_one_with_a_stalled_request_is_closed_where_none_is_idle() {
    let server = with_limits(Limits { connections: 3, ..Limits::default() }).await;
    let mut hanging = Vec::new();
    for _ in 0..6 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(HANGING).await.unwrap();
        // The headers of the response arrive, so the request is in flight.
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
async fn a_client_at_its_limit_of_connections_takes_none_of_others() {
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
        assert_timed_out(&read_to_end(stream).await);
    }
    for stream in open.iter_mut().chain([&mut other]) {
        soon(call_on(stream)).await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_ignores_goaway_does_not_lock_others_out() {
    let server = with_limits(Limits { connections: 2, ..Limits::default() }).await;
    let mut mute = Vec::new();
    let begin = std::time::Instant::now();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(&[http2::PREFACE, &http2::call(1, FORMAT, &[8, 41])].concat()).await.unwrap();
        let mut read = Vec::new();
        while !http2::frames(&read).0.iter().any(|frame| frame.kind == http2::DATA) {
            assert!(soon(stream.read_buf(&mut read)).await.unwrap() > 0, "it is not served");
        }
        // From here on it acknowledges no PING, and reads nothing.
        mute.push(stream);
    }
    // If they were not cut, each second one would take a second, nineteen seconds in all.
    assert!(begin.elapsed() < Duration::from_secs(10), "it waited for peers that ignore GOAWAY");
}

#[tokio::test]
async fn all_streams_of_a_connection_can_be_reset_at_once() {
    let server = Server::start().await;
    let begin_and_cancel = |index: u32| {
        let stream = 2 * index + 1;
        [http2::headers(stream, FORMAT), http2::frame(http2::RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
    };
    for (cancelled, survives) in [(200, true), (20_000, false)] {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        let calls: Vec<_> = (0..cancelled).flat_map(begin_and_cancel).collect();
        let last = http2::call(2 * cancelled + 1, FORMAT, &[8, 41]);
        let (mut reader, mut writer) = stream.split();
        let write = async {
            // The server may close the connection at a flood.
            let _ = writer.write_all(&[http2::PREFACE, &calls, &last].concat()).await;
        };
        let mut read = Vec::new();
        let response = async {
            while let Ok(1..) = reader.read_buf(&mut read).await {
                let frames = http2::frames(&read).0;
                if frames.iter().any(|frame| frame.kind == http2::DATA || frame.kind == http2::GOAWAY) {
                    break;
                }
            }
        };
        soon(async { tokio::join!(write, response) }).await;
        let frames = http2::frames(&read).0;
        let has_response = frames.iter().any(|frame| frame.kind == http2::DATA && frame.stream > 400);
        let is_ended = frames.iter().any(|frame| frame.kind == http2::GOAWAY && frame.payload[7] == 11);
        assert_eq!((has_response, is_ended), (survives, !survives), "{cancelled}: {frames:?}");
    }
}

#[tokio::test]
async fn tcp_keep_alive_is_on() {
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
async fn a_call_in_flight_completes_during_the_shutdown() {
    let mut server = Server::start().await;
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let (body_sender, body) = channel();
    let call = tokio::spawn(sender.send_request(post(FORMAT, "application/grpc-web", body)));
    let (head, rest) = (&frame(&[8, 41])[..3], &frame(&[8, 41])[3..]);
    assert!(body_sender.send(head).await);
    // A later call has its response, so the first one is in flight.
    let probe = post(FORMAT, "application/grpc-web", full(&frame(&[8, 1])));
    assert_eq!(soon(sender.send_request(probe)).await.unwrap().status(), StatusCode::OK);

    server.stop();
    while TcpStream::connect(server.https).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for _ in 0..500 {
        assert!(
            TcpStream::connect(server.https).await.is_err(),
            "connections are refused while the call is in flight"
        );
    }
    assert!(body_sender.send(rest).await);
    drop(body_sender);
    let response = soon(call).await.unwrap().unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert!(body.windows(2).any(|two| two == b"42"), "{body:?}");
    soon(&mut server.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_stalled_call_is_aborted_at_the_end_of_the_drain() {
    let limits = Limits { drain: Duration::from_millis(100), ..Limits::default() };
    let mut server = with_limits(limits).await;
    let silent = TcpStream::connect(server.https).await.unwrap();
    let call = post(FORMAT, "application/grpc", unending(&[&[0, 0]]));
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let hanging = tokio::spawn(sender.send_request(call));
    let probe = post(FORMAT, "application/grpc-web", full(&frame(&[8, 1])));
    soon(sender.send_request(probe)).await.unwrap();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    is_closed(silent).await;
    assert!(soon(hanging).await.unwrap().is_err());
}

#[tokio::test]
async fn idle_connections_are_closed_at_once_at_the_shutdown() {
    let mut server = Server::start().await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    soon(call_on(&mut stream)).await.unwrap();
    assert!(soon(server.call(Wire::Grpc, FORMAT, &[8, 41])).await.is_ok());
    let begin = std::time::Instant::now();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    is_closed(stream).await;
    assert!(begin.elapsed() < Limits::default().drain, "it waited for idle connections");
}

#[tokio::test]
async fn connections_without_a_call_do_not_delay_the_shutdown() {
    let mut server = Server::start().await;
    let mut silent = Vec::new();
    for address in [server.http, server.https] {
        for begin in [&b""[..], b"\x16\x03\x01", b"PRI * HTTP", http2::PREFACE, b"POST / HT"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(begin).await.unwrap();
            silent.push(stream);
        }
    }
    let handshaken = (server.tls(&["h2"]).await, server.tls(&["http/1.1"]).await);
    // It never acknowledges a PING.
    let mut called = server.tls(&["h2"]).await;
    called.write_all(&[http2::PREFACE, &http2::call(1, FORMAT, &[8, 41])].concat()).await.unwrap();
    let mut read = Vec::new();
    while !http2::frames(&read).0.iter().any(|frame| frame.kind == http2::DATA) {
        soon(called.read_buf(&mut read)).await.unwrap();
    }
    let begin = std::time::Instant::now();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    assert!(begin.elapsed() < Limits::default().drain, "it waited for peers without a call");
    called.read_to_end(&mut read).await.unwrap();
    assert_goaway(&read);
    assert_goaway(&read_to_end(handshaken.0).await);
    assert_eq!(read_to_end(handshaken.1).await, b"");
}
