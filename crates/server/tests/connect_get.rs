//! Calls that proxies and browsers stand between: what may be stored, weighed and held back.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use bytes::Bytes;
use common::{Server, full, get, post, soon};
use http::{Method, Response, StatusCode, Version};

const BOTH: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];
const LIST: &str = "/increment.v1.AccessService/ListAccessCounts?encoding=json&message=%7B%7D";
const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";

async fn list(server: &Server, version: Version, method: Method, accepted: &str) -> Response<Bytes> {
    let mut request = get(LIST);
    *request.method_mut() = method;
    request.headers_mut().insert("accept-encoding", accepted.parse().unwrap());
    soon(server.send(version, request)).await
}

#[tokio::test]
async fn an_answer_that_may_be_stored_names_what_it_depends_on() {
    let server = Server::start().await;
    for version in BOTH {
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
        let response = soon(server.send(version, post(INCREMENT, "application/json", full(b"{}")))).await;
        assert!(!response.headers().contains_key("vary"), "answers to POST are not stored");
    }
}

#[tokio::test]
async fn head_is_answered_as_get_is_but_for_the_body() {
    let server = Server::start().await;
    for version in BOTH {
        for accepted in ["", "identity;q=0, gzip"] {
            let [got, head] = [
                list(&server, version, Method::GET, accepted).await,
                list(&server, version, Method::HEAD, accepted).await,
            ];
            assert_eq!(head.status(), StatusCode::OK);
            assert!(head.body().is_empty() && !got.body().is_empty());
            assert_eq!(head.headers()["content-length"], got.body().len().to_string());
            for name in ["content-type", "vary", "content-encoding"] {
                assert_eq!(head.headers().get(name), got.headers().get(name), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn streamed_answers_are_not_held_back_by_proxies() {
    let server = Server::start().await;
    let json = br#"{"start":"1","steps":"2"}"#;
    let envelope = [&[0, 0, 0, 0, u8::try_from(json.len()).unwrap()], &json[..]].concat();
    for version in BOTH {
        let stream =
            soon(server.send(version, post(COUNT_UP, "application/connect+json", full(&envelope)))).await;
        assert_eq!(stream.headers()["x-accel-buffering"], "no");
        let body = [0, 0, 0, 0, 2, 16, 1];
        let stream = soon(server.send(version, post(COUNT_UP, "application/grpc-web", full(&body)))).await;
        assert_eq!(stream.headers()["x-accel-buffering"], "no");
        let unary = soon(server.send(version, post(INCREMENT, "application/json", full(b"{}")))).await;
        assert!(!unary.headers().contains_key("x-accel-buffering"));
    }
}
