//! The lifetime of connections: idle ones, limits, keep-alive.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::time::Duration;

use common::{
    Connection, MessageStream, Server, Wire,
    contract::{FORMAT, WATCH_CALLS},
    http2,
    lifetime::{assert_goaway, assert_timed_out, call_on, is_closed, read_to_end, with_limits},
    soon,
};
use oneport::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// A stream without messages.
const STALLED: &[u8] = b"POST /test.v1.NumberService/AddOneToEach HTTP/1.1\r\nHost: localhost\r\n\
    Content-Type: application/connect+json\r\nConnect-Protocol-Version: 1\r\n\
    Content-Length: 100\r\n\r\n";

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
    for data in [&b"PRI * HTTP"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"POST / HT", b"\x16\x03\x01"] {
        let address = if data[0] == 0x16 { server.https } else { server.http };
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(data).await.unwrap();
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

#[tokio::test]
async fn a_connection_without_a_request_is_closed_with_goaway_or_408() {
    let limits = Limits { first_request: Duration::from_millis(100), ..Limits::default() };
    let server = with_limits(limits).await;
    for data in [&b""[..], b"PRI * HTTP", http2::PREFACE] {
        let mut stream = server.tls(&["h2"]).await;
        stream.write_all(data).await.unwrap();
        assert_goaway(&read_to_end(stream).await);
    }
    for data in [&b"PRI * HTTP"[..], http2::PREFACE] {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(data).await.unwrap();
        assert_goaway(&read_to_end(stream).await);
    }
    for data in [&b""[..], b"POST / HT"] {
        let mut plaintext = TcpStream::connect(server.http).await.unwrap();
        plaintext.write_all(data).await.unwrap();
        assert_timed_out(&read_to_end(plaintext).await);
        let mut tls = server.tls(&["http/1.1"]).await;
        tls.write_all(data).await.unwrap();
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
    let mut watched = MessageStream::new(watch.begin(Wire::Grpc, WATCH_CALLS, &[]).await.unwrap());
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
    let mut watched = MessageStream::new(watch.begin(Wire::Grpc, WATCH_CALLS, &[]).await.unwrap());
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
        stream.write_all(STALLED).await.unwrap();
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
    let mut stalled = Vec::new();
    let begin = std::time::Instant::now();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(server.http).await.unwrap();
        stream.write_all(&[http2::PREFACE, &http2::call(1, FORMAT, &[8, 41])].concat()).await.unwrap();
        let mut read = Vec::new();
        while !http2::frames(&read).0.iter().any(|frame| frame.kind == http2::DATA) {
            assert!(soon(stream.read_buf(&mut read)).await.unwrap() > 0, "it is not served");
        }
        // From here on it acknowledges no PING, and reads nothing.
        stalled.push(stream);
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
        let is_on = || {
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            rows.any(|row| row[1].ends_with(&local) && row[2].ends_with(&remote) && row[5].starts_with("02:"))
        };
        soon(async {
            while !is_on() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}
