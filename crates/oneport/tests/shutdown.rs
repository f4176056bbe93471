//! The shutdown: calls in flight complete, other connections are closed.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::time::Duration;

use common::{
    Server, Wire, channel,
    contract::FORMAT,
    frame, full, http2,
    lifetime::{assert_goaway, call_on, is_closed, read_to_end, with_limits},
    post, soon, unending,
};
use http::StatusCode;
use hyper_util::rt::{TokioExecutor, TokioIo};
use oneport::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

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
        for data in [&b""[..], b"\x16\x03\x01", b"PRI * HTTP", http2::PREFACE, b"POST / HT"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(data).await.unwrap();
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
