//! Requests that are not calls, or malformed ones; versions of HTTP; probes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use common::{Server, Setup, Wire, channel, contract::FORMAT, frame, full, get, post, send, soon};
use futures_util::future;
use http::{Method, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oneport::HealthState;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, split},
    net::TcpStream,
};

const BOTH: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

#[tokio::test]
async fn a_method_is_called_with_post_only() {
    let server = Server::start().await;
    for version in BOTH {
        for method in [Method::GET, Method::PUT, Method::OPTIONS, Method::DELETE] {
            let mut request = get(FORMAT);
            *request.method_mut() = method;
            let response = soon(server.send(version, request)).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(response.headers()["allow"], "POST");
        }
    }
}

#[tokio::test]
async fn other_content_types_are_rejected() {
    let server = Server::start().await;
    for version in BOTH {
        for content_type in
            ["application/jsonl", "text/plain", "", "application/grpcfoo", "application/grpc-web+json"]
        {
            let request = post(FORMAT, content_type, full(&frame(&[8, 41])));
            let response = soon(server.send(version, request)).await;
            assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
        }
    }
}

#[tokio::test]
async fn grpc_over_http_1_is_rejected() {
    let server = Server::start().await;
    let request = post(FORMAT, "application/grpc", full(&frame(&[8, 41])));
    let response = soon(server.send(Version::HTTP_11, request)).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(String::from_utf8_lossy(response.body()).contains("gRPC needs HTTP/2"));
}

#[tokio::test]
async fn a_truncated_body_ends_the_connection() {
    let server = Server::start().await;
    let mut stream = server.tls(&["http/1.1"]).await;
    let head = format!(
        "POST {FORMAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/grpc-web\r\n\
         Content-Length: 50\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&frame(&[8, 41])).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut response = Vec::new();
    // The connection may end with an error.
    let _ = soon(stream.read_to_end(&mut response)).await;
    assert!(!String::from_utf8_lossy(&response).contains("42"));
}

#[tokio::test]
async fn headers_over_16_kib_are_rejected() {
    let server = Server::start().await;
    for version in BOTH {
        for (kib, status) in [(15, StatusCode::OK), (17, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)] {
            let mut request = post(FORMAT, "application/grpc-web", full(&frame(&[8, 41])));
            request.headers_mut().insert("x-large", "v".repeat(kib << 10).parse().unwrap());
            assert_eq!(soon(server.send(version, request)).await.status(), status, "{version:?}: {kib}");
        }
    }
}

#[tokio::test]
async fn an_http_2_connection_has_200_streams() {
    let server = Server::start().await;
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let probe = || post(FORMAT, "application/grpc-web", full(&frame(&[8, 41])));
    soon(sender.send_request(probe())).await.unwrap();
    let hanging: Vec<_> = (0..200)
        .map(|_| {
            let (body_sender, body) = channel();
            (body_sender, sender.send_request(post(FORMAT, "application/grpc-web", body)))
        })
        .collect();
    // Another one waits until one of them ends.
    let mut waiting = tokio::spawn(sender.send_request(probe()));
    for _ in 0..20 {
        soon(server.call(Wire::Grpc, FORMAT, &[8, 41])).await.unwrap();
    }
    assert!(!waiting.is_finished());
    drop(hanging);
    assert_eq!(soon(&mut waiting).await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_without_host_is_rejected() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.http).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut response = String::new();
    soon(stream.read_to_string(&mut response)).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
}

#[tokio::test]
async fn http_on_the_tls_port_is_rejected_with_a_hint() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.https).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut response = String::new();
    soon(stream.read_to_string(&mut response)).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 400 ") && response.contains("https://"), "{response}");
}

#[tokio::test]
async fn calls_are_served_without_tls() {
    let server = Server::start().await;
    for wire in Wire::ALL.into_iter().filter(|wire| *wire != Wire::GrpcWebText) {
        let stream = TcpStream::connect(server.http).await.unwrap();
        let request = post(FORMAT, wire.content_type(), full(&frame(&[8, 41])));
        let message = wire.read(soon(send(wire.version(), stream, request)).await).unwrap();
        assert!(message.ends_with(b"41, 42"), "{wire:?}");
    }
}

#[tokio::test]
async fn http_2_and_http_1_are_both_offered() {
    let server = Server::start().await;
    for (offered, agreed) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"][..], "http/1.1")] {
        assert_eq!(server.tls(offered).await.get_ref().1.alpn_protocol(), Some(agreed.as_bytes()));
    }
    for version in BOTH {
        let stream = server.tls(&[]).await;
        let response = soon(send(version, stream, get("/"))).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "without ALPN the first bytes decide");
    }
}

#[tokio::test]
async fn probes_are_served_on_every_address() {
    let server = Server::with(Setup { metrics: true, ..Setup::default() }).await;
    for (path, line) in [("/healthz", "ok\n"), ("/readyz", "ok\n")] {
        for version in BOTH {
            let response = soon(server.send(version, get(path))).await;
            assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, line.as_bytes()));
            assert_eq!(response.headers()["cache-control"], "no-store");
            for (method, status) in
                [(Method::HEAD, StatusCode::OK), (Method::POST, StatusCode::METHOD_NOT_ALLOWED)]
            {
                let mut request = get(path);
                *request.method_mut() = method;
                assert_eq!(soon(server.send(version, request)).await.status(), status);
            }
        }
        for address in [server.http, server.metrics.unwrap()] {
            let stream = TcpStream::connect(address).await.unwrap();
            assert_eq!(soon(send(Version::HTTP_11, stream, get(path))).await.status(), StatusCode::OK);
        }
    }
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    soon(sender.send_request(get("/readyz"))).await.unwrap();
    server.health.set(HealthState::NotServing);
    let ready = soon(sender.send_request(get("/readyz"))).await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(soon(sender.send_request(get("/healthz"))).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_connection_serves_on_after_a_response_before_the_end_of_the_request() {
    let server = Server::start().await;
    // hyper's client may wait for ever after a response that arrived before the end of its request.
    let (reader, mut writer) = split(server.tls(&["http/1.1"]).await);
    let mut reader = BufReader::new(reader);
    let body = vec![b' '; 8 << 20];
    for (path, content_type, expected) in
        [(FORMAT, "text/plain", 415), ("/no/page", "text/plain", 404), (FORMAT, "application/grpc-web", 200)]
    {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.as_bytes(), &body].concat();
        let send = async {
            writer.write_all(&request).await.unwrap();
            writer.flush().await.unwrap();
        };
        let ((), status) = soon(future::join(send, response(&mut reader))).await;
        assert_eq!(status, expected, "{path}");
    }
    soon(writer.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")).await.unwrap();
    soon(writer.flush()).await.unwrap();
    assert_eq!(soon(response(&mut reader)).await, 404);
}

/// Reads a complete response; its status.
async fn response(reader: &mut (impl AsyncBufRead + Unpin)) -> u16 {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_ascii_lowercase()),
        }
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.expect("they have a content-length").parse().unwrap()];
    reader.read_exact(&mut body).await.unwrap();
    head[0].split(' ').nth(1).unwrap().parse().unwrap()
}
