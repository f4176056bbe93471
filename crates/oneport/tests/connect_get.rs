//! Connect's protocol with GET, and what caches and proxies do with it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use common::{
    Server,
    connect::{VERSIONS, assert_error, read_json, send},
    contract::{ADD_ONE, COUNT_UP, LIST_ROWS, WATCH_CALLS},
    full, get, post, soon,
};
use http::{Method, Response, StatusCode, Version};
use serde_json::json;

async fn list(server: &Server, version: Version, method: Method, accepted: &str) -> Response<Bytes> {
    let mut request = get(&format!("{LIST_ROWS}?encoding=json&message=%7B%7D"));
    *request.method_mut() = method;
    request.headers_mut().insert("accept-encoding", accepted.parse().unwrap());
    soon(server.send(version, request)).await
}

#[tokio::test]
async fn a_cacheable_response_varies_by_accept_encoding() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (accepted, encoding) in [
            ("gzip", None),
            ("identity;q=0, gzip", Some("gzip")),
            ("gzip;q=0.2, zstd;q=0.9, identity;q=0", Some("zstd")),
            ("zstd;q=0, *, identity;q=0", Some("gzip")),
            ("*;q=0", None),
        ] {
            let response = list(&server, version, Method::GET, accepted).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["vary"], "accept-encoding", "{accepted}");
            let encoded = response.headers().get("content-encoding").map(|name| name.to_str().unwrap());
            assert_eq!(encoded, encoding, "{accepted}");
        }
        let response = soon(server.send(version, post(ADD_ONE, "application/json", full(b"{}")))).await;
        assert!(!response.headers().contains_key("vary"), "responses to POST are not cached");
    }
}

#[tokio::test]
async fn the_response_to_head_is_that_to_get_without_the_body() {
    let server = Server::start().await;
    for version in VERSIONS {
        for accepted in ["", "identity;q=0, gzip"] {
            let [get, head] = [
                list(&server, version, Method::GET, accepted).await,
                list(&server, version, Method::HEAD, accepted).await,
            ];
            assert_eq!(head.status(), StatusCode::OK);
            assert!(head.body().is_empty() && !get.body().is_empty());
            assert_eq!(head.headers()["content-length"], get.body().len().to_string());
            for name in ["content-type", "vary", "content-encoding"] {
                assert_eq!(head.headers().get(name), get.headers().get(name), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn streamed_responses_are_not_buffered_by_proxies() {
    let server = Server::start().await;
    let json = br#"{"start":"1","steps":"2"}"#;
    let envelope = [&[0, 0, 0, 0, u8::try_from(json.len()).unwrap()], &json[..]].concat();
    for version in VERSIONS {
        let stream =
            soon(server.send(version, post(COUNT_UP, "application/connect+json", full(&envelope)))).await;
        assert_eq!(stream.headers()["x-accel-buffering"], "no");
        let body = [0, 0, 0, 0, 2, 16, 1];
        let stream = soon(server.send(version, post(COUNT_UP, "application/grpc-web", full(&body)))).await;
        assert_eq!(stream.headers()["x-accel-buffering"], "no");
        let unary = soon(server.send(version, post(ADD_ONE, "application/json", full(b"{}")))).await;
        assert!(!unary.headers().contains_key("x-accel-buffering"));
    }
}

#[tokio::test]
async fn a_method_without_side_effects_can_be_called_with_get() {
    let server = Server::start().await;
    for version in VERSIONS {
        let base64 = BASE64_URL_SAFE_NO_PAD.encode("{}");
        for query in [
            "connect=v1&encoding=json&message=%7B%7D",
            "message=%7B%7D&encoding=json&compression=identity&unknown=1",
            &format!("encoding=json&base64=1&message={base64}"),
            &format!("encoding=json&base64=1&message={base64}%3D"),
        ] {
            let response = read_json(send(&server, version, &[], get(&format!("{LIST_ROWS}?{query}"))).await);
            assert_eq!((response.0, &response.1["total"]), (StatusCode::OK, &json!("0")), "{query}");
        }
        let response =
            send(&server, version, &[], get(&format!("{LIST_ROWS}?encoding=proto&message="))).await;
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &[0x18, 1][..]));
        for (query, named) in [
            ("", "encoding"),
            ("encoding=json", "message"),
            ("encoding=xml&message=", "xml"),
            ("encoding=json&message=%7B", "JSON"),
            ("encoding=json&base64=1&message=***", "base64"),
            ("encoding=json&message=%7B%7D&connect=v2", "version 1"),
        ] {
            let response = read_json(send(&server, version, &[], get(&format!("{LIST_ROWS}?{query}"))).await);
            let message = assert_error(response, 400, "invalid_argument");
            assert!(message.contains(named), "{query}: {message}");
        }
        let query = "encoding=json&message=%7B%7D&compression=br";
        let response = read_json(send(&server, version, &[], get(&format!("{LIST_ROWS}?{query}"))).await);
        assert_error(response, 501, "unimplemented");
    }
}

#[tokio::test]
async fn a_method_with_side_effects_cannot_be_called_with_get() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (method, path, allowed) in [
            (Method::GET, ADD_ONE, "POST"),
            (Method::GET, COUNT_UP, "POST"),
            (Method::PUT, ADD_ONE, "POST"),
            (Method::DELETE, LIST_ROWS, "GET, HEAD, POST"),
            (Method::GET, WATCH_CALLS, "POST"),
        ] {
            let mut request = get(&format!("{path}?encoding=json&message=%7B%7D"));
            *request.method_mut() = method.clone();
            let response = send(&server, version, &[], request).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
        }
    }
    assert!(server.calls.counts().is_empty());
}
