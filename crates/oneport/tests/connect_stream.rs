//! Connect's protocol for streams.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use bytes::Bytes;
use common::{
    Server, channel,
    connect::{VERSIONS, messages, next, post_json, stream, texts},
    contract::{ADD_ONE, ADD_ONE_TO_EACH, COUNT_UP, SUM, WATCH_CALLS},
    frame, full,
};
use http::Version;
use serde_json::json;

#[tokio::test]
async fn a_json_stream_gets_json_responses() {
    let server = Server::start().await;
    for version in VERSIONS {
        let request = br#"{"start":"40","steps":"2"}"#.to_vec();
        let (_, messages, end) = stream(&server, version, "json", COUNT_UP, &[], &[request]).await;
        assert_eq!(texts(&messages), [r#"{"result":"41"}"#, r#"{"result":"42"}"#]);
        assert_eq!(end, json!({}));
        let numbers = [1, 2].map(|number| format!(r#"{{"number":{number}}}"#).into_bytes());
        let (_, messages, end) = stream(&server, version, "json", ADD_ONE_TO_EACH, &[], &numbers).await;
        assert_eq!(texts(&messages), [r#"{"number":"1","result":"2"}"#, r#"{"number":"2","result":"3"}"#]);
        assert_eq!(end, json!({}));
        let (_, messages, _) = stream(&server, version, "json", SUM, &[], &numbers).await;
        assert_eq!(texts(&messages), [r#"{"count":"2","sum":"5"}"#]);
    }
}

#[tokio::test]
async fn a_protobuf_stream_gets_protobuf_responses() {
    let server = Server::start().await;
    for version in VERSIONS {
        let (_, messages, end) = stream(&server, version, "proto", COUNT_UP, &[], &[vec![16, 2]]).await;
        assert_eq!(messages, [(0, Bytes::from_static(&[8, 1])), (0, Bytes::from_static(&[8, 2]))]);
        assert_eq!(end, json!({}));
    }
}

#[tokio::test]
async fn an_error_ends_a_stream_after_the_messages_before_it() {
    let server = Server::start().await;
    for version in VERSIONS {
        let numbers =
            [r#"{"number":1}"#, r#"{"number":"9223372036854775807"}"#].map(|json| json.as_bytes().to_vec());
        let (_, messages, end) = stream(&server, version, "json", ADD_ONE_TO_EACH, &[], &numbers).await;
        assert_eq!(texts(&messages), [r#"{"number":"1","result":"2"}"#]);
        assert_eq!(end["error"]["code"], "out_of_range");
        assert_eq!(end["error"]["details"][0]["debug"]["fieldViolations"][0]["field"], "number");
        let wrong = [r#"{"number":1}"#, r#"{"number":"x"}"#].map(|json| json.as_bytes().to_vec());
        let (_, messages, end) = stream(&server, version, "json", ADD_ONE_TO_EACH, &[], &wrong).await;
        assert_eq!((messages.len(), &end["error"]["code"]), (1, &json!("invalid_argument")));
        assert!(end["error"]["message"].as_str().unwrap().starts_with("number: "));
        for (headers, code) in [
            (("connect-content-encoding", "br"), "unimplemented"),
            (("connect-protocol-version", "2"), "invalid_argument"),
            (("connect-timeout-ms", "x"), "invalid_argument"),
        ] {
            let (_, messages, end) =
                stream(&server, version, "json", COUNT_UP, &[headers], &[b"{}".to_vec()]).await;
            assert_eq!((messages.len(), &end["error"]["code"]), (0, &json!(code)));
        }
    }
}

#[tokio::test]
async fn a_timeout_ends_a_stream() {
    let server = Server::start().await;
    for version in VERSIONS {
        for request in ["{}", r#"{"intervalMs":3600000}"#] {
            let headers = [("connect-timeout-ms", "100")];
            let (_, _, end) =
                stream(&server, version, "json", COUNT_UP, &headers, &[request.as_bytes().to_vec()]).await;
            assert_eq!(end["error"]["code"], "deadline_exceeded", "{request}");
        }
    }
}

#[tokio::test]
async fn messages_of_streams_may_be_compressed() {
    let server = Server::start().await;
    for version in VERSIONS {
        let headers = [("connect-content-encoding", "gzip"), ("connect-accept-encoding", "zstd")];
        let request = br#"{"start":"40","steps":"2"}"#.to_vec();
        let (response_headers, messages, _) =
            stream(&server, version, "json", COUNT_UP, &headers, &[request]).await;
        assert_eq!(response_headers["connect-content-encoding"], "zstd");
        let [(1, one), (1, _)] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!(zstd::decode_all(&one[..]).unwrap(), br#"{"result":"41"}"#);
    }
}

#[tokio::test]
async fn a_message_gets_its_response_before_the_next_one_is_sent() {
    let server = Server::start().await;
    let (sender, body) = channel();
    assert!(sender.send(&frame(br#"{"number":"41"}"#)).await);
    let mut messages = messages(&server, ADD_ONE_TO_EACH, body).await;
    for number in 41..45 {
        assert_eq!(next(&mut messages).await["result"], (number + 1).to_string());
        let another = json!({"number": (number + 1).to_string()}).to_string();
        assert!(sender.send(&frame(another.as_bytes())).await);
    }
}

#[tokio::test]
async fn a_stream_without_end_is_sent_message_by_message() {
    let server = Server::start().await;
    let mut messages = messages(&server, WATCH_CALLS, full(&frame(b"{}"))).await;
    assert_eq!(next(&mut messages).await, json!({"calls": "1", "order": "ORDER_BY_KEY"}));
    post_json(&server, Version::HTTP_2, ADD_ONE, &[], "{}").await;
    assert_eq!(next(&mut messages).await["calls"], "2");
}
