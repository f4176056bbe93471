//! The demo's contracts over Connect's protocol, and how its calls are counted.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::collections::BTreeMap;

use common::{
    Server, frame, full, get, post,
    program::{Connection, LIST, MessageStream, counts},
    soon,
};
use http::{Method, StatusCode, Version};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";
const WATCH: &str = "/increment.v1.AccessService/WatchAccessCounts";

const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

/// Posts JSON; the status and the JSON of the response.
async fn post_json(
    server: &Server,
    version: Version,
    path: &str,
    headers: &[(&'static str, &str)],
    json: &str,
) -> (StatusCode, Value) {
    let mut request = post(path, "application/json", full(json.as_bytes()));
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let response = soon(server.send(version, request)).await;
    (response.status(), serde_json::from_slice(response.body()).unwrap_or_default())
}

#[tokio::test]
async fn a_json_request_gets_a_json_response() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (path, request, response) in [
            (INCREMENT, r#"{"number":"5681"}"#, json!({"number": "5681", "result": "5682"})),
            (INCREMENT, r#"{"number":-1}"#, json!({"number": "-1", "result": "0"})),
            (
                "/TemplateGRPC/TemplateGRPCEndpoint",
                r#"{"number":9180}"#,
                json!({"reply": "Send: 9180, Return: 9181"}),
            ),
        ] {
            let expected = (StatusCode::OK, response);
            assert_eq!(post_json(&server, version, path, &[], request).await, expected, "{version:?}");
        }
    }
}

#[tokio::test]
async fn the_counts_are_listed_with_get_and_calls_that_count_need_post() {
    let server = Server::start().await;
    for version in VERSIONS {
        let query = "encoding=json&message=%7B%7D";
        let response = soon(server.send(version, get(&format!("{LIST}?{query}")))).await;
        assert_eq!(response.status(), StatusCode::OK);
        let list: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(list["total"], "0");
        for (method, path, allowed) in [
            (Method::GET, INCREMENT, "POST"),
            (Method::GET, COUNT_UP, "POST"),
            (Method::PUT, INCREMENT, "POST"),
            (Method::DELETE, LIST, "GET, HEAD, POST"),
            (Method::GET, WATCH, "POST"),
        ] {
            let mut request = get(&format!("{path}?{query}"));
            *request.method_mut() = method.clone();
            let response = soon(server.send(version, request)).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
        }
    }
    assert!(counts(server.http).await.is_empty());
}

#[tokio::test]
async fn calls_are_counted_with_their_protocol_whatever_their_outcome() {
    let server = Server::start().await;
    for version in VERSIONS {
        post_json(&server, version, INCREMENT, &[], "{}").await;
        post_json(&server, version, INCREMENT, &[], "{").await;
        post_json(&server, version, INCREMENT, &[("content-encoding", "br")], "{}").await;
        let steps = full(&frame(br#"{"steps":"1"}"#));
        soon(server.send(version, post(COUNT_UP, "application/connect+json", steps))).await;
        post_json(&server, version, "/increment.v1.IncrementService/Nope", &[], "{}").await;
        post_json(&server, version, LIST, &[], "{}").await;
    }
    let row = |method: &str, protocol: &str, count| ((method.to_owned(), protocol.to_owned()), count);
    let expected =
        [row("Increment", "connect", 6), row("CountUp", "connect", 2), row("unknown", "unknown", 2)];
    assert_eq!(counts(server.http).await, BTreeMap::from(expected));
}

#[tokio::test]
async fn calls_to_other_names_are_not_counted() {
    let server = Server::start().await;
    let mut connection = Connection::open(server.http, common::Wire::GrpcWebHttp2).await.unwrap();
    for (authority, expected) in
        [("evil.example", StatusCode::MISDIRECTED_REQUEST), ("127.0.0.1", StatusCode::OK)]
    {
        let mut request = post(INCREMENT, "application/grpc-web", full(&frame(&[8, 41])));
        *request.uri_mut() = format!("http://{authority}{INCREMENT}").parse().unwrap();
        let response = soon(connection.send(request)).await.unwrap();
        assert_eq!(response.status(), expected, "{authority}");
    }
    let all = soon(counts(server.http)).await;
    assert_eq!(all.values().sum::<u64>(), 1, "{all:?}");
}

async fn next(messages: &mut MessageStream) -> Value {
    serde_json::from_slice(&soon(messages.next()).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_watch_sends_the_counts_in_json() {
    let server = Server::start().await;
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut requests, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let watch = post(WATCH, "application/connect+json", full(&frame(b"{}")));
    let mut messages = MessageStream::new(soon(requests.send_request(watch)).await.unwrap());
    let none = json!({"total": "0", "rows": [], "durability": "DURABILITY_STRICT"});
    assert_eq!(next(&mut messages).await, none);
    post_json(&server, Version::HTTP_2, INCREMENT, &[], "{}").await;
    assert_eq!(next(&mut messages).await["rows"][0]["protocol"], "connect");
}
