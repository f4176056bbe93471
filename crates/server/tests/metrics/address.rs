//! The address for metrics.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use oneport::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    TEMPLATE,
    common::{get, soon},
    measured,
    samples::{read, request},
};

#[tokio::test]
async fn the_address_serves_metrics_and_nothing_else() {
    let server = measured(Limits::default()).await;
    let with_method = |method: Method, path| {
        let mut request = get(path);
        *request.method_mut() = method;
        request
    };
    let response = request(&server, with_method(Method::GET, "/metrics?a=b")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4");
    let length = response.body().len();
    let response = request(&server, with_method(Method::HEAD, "/metrics")).await;
    assert_eq!((response.status(), response.body().len()), (StatusCode::OK, 0));
    assert_eq!(response.headers()["content-length"], length.to_string().as_str());
    for path in ["/", "/metrics/", TEMPLATE] {
        let response = request(&server, with_method(Method::GET, path)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let line = String::from_utf8_lossy(response.body());
        assert!(line.contains("/metrics") && line.lines().count() == 1, "{line}");
    }
    for method in [Method::POST, Method::OPTIONS, Method::DELETE] {
        let response = request(&server, with_method(method, "/metrics")).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "GET, HEAD");
        let line = String::from_utf8_lossy(response.body());
        assert!(line.contains("GET") && line.lines().count() == 1, "{line}");
    }
}

#[tokio::test]
async fn a_connection_for_metrics_is_closed_in_time() {
    let server = measured(Limits { metrics: Duration::from_millis(100), ..Limits::default() }).await;
    for begin in [&b""[..], b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: a\r\n"] {
        let mut stream = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
        stream.write_all(begin).await.unwrap();
        let _ = soon(stream.read_to_end(&mut Vec::new())).await;
    }
    read(&server).await;
}

#[tokio::test]
async fn at_64_connections_for_metrics_the_oldest_is_closed_for_a_new_one() {
    let server = measured(Limits::default()).await;
    let mut silent = Vec::new();
    for _ in 0..64 {
        silent.push(TcpStream::connect(server.metrics.unwrap()).await.unwrap());
    }
    read(&server).await;
    let _ = soon(silent[0].read_to_end(&mut Vec::new())).await;
    // The others are open.
    let newest = silent.last_mut().unwrap();
    newest.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut response = Vec::new();
    soon(newest.read_to_end(&mut response)).await.unwrap();
    assert!(response.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_connection_for_metrics_does_not_delay_the_shutdown() {
    let mut server = measured(Limits::default()).await;
    let mut silent = TcpStream::connect(server.metrics.unwrap()).await.unwrap();
    // A later one has a response, so the first one has been accepted.
    read(&server).await;
    let began = Instant::now();
    server.stop();
    soon(&mut server.running).await.unwrap().unwrap();
    let _ = soon(silent.read_to_end(&mut Vec::new())).await;
    assert!(began.elapsed() < Limits::default().drain, "it waited for the connection");
    // Not at once where another test starts a program meanwhile, which inherits the socket until it runs.
    soon(async { while TcpStream::connect(server.metrics.unwrap()).await.is_ok() {} }).await;
}
