//! Host names: a site whose name resolves to a loopback address (DNS rebinding) is rejected.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::net::SocketAddr;

use common::{
    Server, Setup,
    contract::{ADD_ONE, LIST_ROWS},
    frame, full, send, soon,
};
use http::{Request, StatusCode, Version};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

const OTHERS: [&str; 8] = [
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "0.0.0.0",
    "10.0.0.1",
    "[::]",
    "",
];

async fn setup() -> Server {
    Server::with(Setup { hosts: vec!["proxy.example"], metrics: true, ..Setup::default() }).await
}

/// The status of the response to a request with these header lines.
async fn status(mut stream: impl AsyncRead + AsyncWrite + Unpin, first: &str, lines: &str) -> u16 {
    let request = format!("{first}\r\n{lines}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut response = String::new();
    soon(stream.read_to_string(&mut response)).await.unwrap();
    response.split(' ').nth(1).unwrap_or_else(|| panic!("{response:?}")).parse().unwrap()
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

#[tokio::test]
async fn without_tls_a_loopback_address_serves_its_own_and_the_allowed_names() {
    let server = setup().await;
    for (address, path) in [(server.http, "/readyz"), (server.metrics.unwrap(), "/metrics")] {
        let get = format!("GET {path} HTTP/1.1");
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1",
            "127.0.0.1:1",
            "127.0.0.2",
            "[::1]:5080",
            "Proxy.example",
            "proxy.example:8443",
        ] {
            assert_eq!(
                status(connect(address).await, &get, &format!("Host: {host}\r\n")).await,
                200,
                "{host}"
            );
        }
        for host in OTHERS {
            let lines = format!("Host: {host}\r\n");
            assert_eq!(status(connect(address).await, &get, &lines).await, 421, "{host:?}");
        }
        // The host of an absolute URL takes precedence (RFC 9112, section 3.2.2).
        let absolute = format!("GET http://evil.example{path} HTTP/1.1");
        assert_eq!(status(connect(address).await, &absolute, "Host: localhost\r\n").await, 421);
        // HTTP/1.0 does not require the header (RFC 9112, section 3.2); every browser sends it.
        assert_eq!(status(connect(address).await, &format!("GET {path} HTTP/1.0"), "").await, 200);
    }
}

#[tokio::test]
async fn calls_to_other_names_are_rejected_before_the_layers() {
    let server = setup().await;
    for (authority, expected) in
        [("evil.example", StatusCode::MISDIRECTED_REQUEST), ("127.0.0.1", StatusCode::OK)]
    {
        for content_type in ["application/grpc", "application/grpc-web"] {
            let request = Request::post(format!("http://{authority}{ADD_ONE}"))
                .header("content-type", content_type)
                .body(full(&frame(&[8, 41])))
                .unwrap();
            let response = soon(send(Version::HTTP_2, connect(server.http).await, request)).await;
            assert_eq!(response.status(), expected, "{authority} {content_type}");
        }
    }
    let counts = server.calls.counts();
    assert_eq!(counts.values().sum::<u64>(), 2, "{counts:?}");
}

#[tokio::test]
async fn with_tls_any_name_is_served() {
    let server = setup().await;
    let lines = "Host: evil.example\r\n";
    assert_eq!(status(server.tls(&[]).await, "GET /readyz HTTP/1.1", lines).await, 200);
}

#[tokio::test]
async fn a_request_without_exactly_one_valid_host_is_rejected() {
    let server = setup().await;
    for lines in [
        "",
        "Host: localhost\r\nHost: localhost\r\n",
        "Host: localhost\r\nHost: evil.example\r\n",
        "Host: a b/@\r\n",
        "Host: localhost/\r\n",
        "Host: user@localhost\r\n",
        "Host: localhost:port\r\n",
        "Host: [::1\r\n",
        "Host: localhost, localhost:1\r\n",
    ] {
        for path in [LIST_ROWS, "/", "/metrics"] {
            let get = format!("GET {path} HTTP/1.1");
            assert_eq!(status(connect(server.http).await, &get, lines).await, 400, "{lines}");
            assert_eq!(status(server.tls(&["http/1.1"]).await, &get, lines).await, 400, "{lines}");
            assert_eq!(status(connect(server.metrics.unwrap()).await, &get, lines).await, 400, "{lines}");
        }
    }
}
