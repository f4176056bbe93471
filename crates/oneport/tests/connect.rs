//! Connect's protocol for unary calls: JSON and protobuf, errors, limits, compression.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{collections::BTreeMap, io::Write, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use common::{
    Server, Setup, chunked,
    connect::{VERSIONS, assert_error, post_json, read_json, send, stream},
    contract::{
        ADD_ONE, ADD_ONE_TO_EACH, COUNT_UP, FORMAT, LIST_ROWS,
        proto::v1::{AddOneRequest, AddOneResponse},
    },
    full, get, post, unending,
};
use http::StatusCode;
use oneport::CallLimits;
use prost::Message;
use serde_json::{Value, json};

#[tokio::test]
async fn a_json_request_gets_a_json_response() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (json, expected) in [
            (r#"{"number":"5681"}"#, r#"{"number":"5681","result":"5682"}"#),
            (r#"{"number":-1}"#, r#"{"number":"-1","result":"0"}"#),
            ("{}", r#"{"number":"0","result":"1"}"#),
        ] {
            for content_type in ["application/json", "Application/JSON ; charset=utf-8"] {
                let request = post(ADD_ONE, content_type, full(json.as_bytes()));
                let response = send(&server, version, &[], request).await;
                assert_eq!(response.status(), StatusCode::OK);
                assert_eq!(response.headers()["content-type"], "application/json");
                assert_eq!(response.body(), expected, "{version:?}");
            }
        }
        let response = post_json(&server, version, FORMAT, &[], r#"{"number":9180}"#).await;
        assert_eq!(response, (StatusCode::OK, json!({"text": "9180, 9181"})));
    }
}

#[tokio::test]
async fn a_protobuf_request_gets_a_protobuf_response() {
    let server = Server::start().await;
    for version in VERSIONS {
        let message = AddOneRequest { number: 5681 }.encode_to_vec();
        let request = post(ADD_ONE, "application/proto", full(&message));
        let response = send(&server, version, &[("connect-protocol-version", "1")], request).await;
        assert_eq!(
            (response.status(), &response.headers()["content-type"]),
            (StatusCode::OK, &"application/proto".parse().unwrap())
        );
        let response = AddOneResponse::decode(response.into_body()).unwrap();
        assert_eq!(response, AddOneResponse { number: 5681, result: 5682 });
        // An empty body is a message; an error is JSON.
        let none = send(&server, version, &[], post(ADD_ONE, "application/proto", full(b""))).await;
        assert_eq!(AddOneResponse::decode(none.into_body()).unwrap().result, 1);
        let max = AddOneRequest { number: i64::MAX }.encode_to_vec();
        let rejected = send(&server, version, &[], post(ADD_ONE, "application/proto", full(&max))).await;
        assert_error(read_json(rejected), 400, "out_of_range");
        let garbage =
            send(&server, version, &[], post(ADD_ONE, "application/proto", full(&[0xff; 12]))).await;
        assert_error(read_json(garbage), 500, "internal");
    }
}

#[tokio::test]
async fn an_error_in_json_names_the_field() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (json, named) in [
            ("", "JSON"),
            ("{", "JSON"),
            ("[]", "JSON"),
            (r#"{"number":"1"} x"#, "JSON"),
            (r#"{"number":"1","numbr":"2"}"#, "'numbr'"),
            (r#"{"number":"five"}"#, "number: "),
            (r#"{"number":true}"#, "number: "),
            (r#"{"number":1.5}"#, "number: "),
            (r#"{"number":"9223372036854775808"}"#, "number: "),
        ] {
            let response = post_json(&server, version, ADD_ONE, &[], json).await;
            let message = assert_error(response, 400, "invalid_argument");
            assert!(message.contains(named), "{json}: {message}");
        }
    }
}

/// The most bytes of a request that an error echoes.
const ECHO_BYTES: usize = 200;

#[tokio::test]
async fn an_error_echoes_little_of_the_request() {
    let server = Server::start().await;
    let many = "z".repeat(3000);
    let bodies = [
        format!(r#"{{"number":"{many}"}}"#),
        format!(r#"{{"{many}":1}}"#),
        format!(r#"{{"number":{{"{many}":1}}}}"#),
        many.clone(),
    ];
    let mut errors = Vec::new();
    for version in VERSIONS {
        for body in &bodies {
            let request = post(ADD_ONE, "application/json", full(body.as_bytes()));
            errors.push(read_json(send(&server, version, &[], request).await).1);
            let body = body.clone().into_bytes();
            let (_, _, end) = stream(&server, version, "json", ADD_ONE_TO_EACH, &[], &[body]).await;
            errors.push(end["error"].clone());
        }
        for address in [
            format!("{LIST_ROWS}?encoding={many}&message=%7B%7D"),
            format!("{LIST_ROWS}?encoding=json&message=%7B%7D&compression={many}"),
            format!("{LIST_ROWS}?encoding=json&message=%7B%7D&connect={many}"),
            format!("{LIST_ROWS}?encoding=json&base64=1&message=%7B{many}"),
            format!("{LIST_ROWS}?encoding=json&message=%7B%22{many}%22%3A1%7D"),
        ] {
            errors.push(read_json(send(&server, version, &[], get(&address)).await).1);
        }
        for name in ["content-encoding", "connect-protocol-version", "connect-timeout-ms"] {
            let request = post(ADD_ONE, "application/json", full(b"{}"));
            errors.push(read_json(send(&server, version, &[(name, &many)], request).await).1);
        }
        let health = format!(r#"{{"service":"{many}"}}"#);
        let request = post("/grpc.health.v1.Health/Check", "application/json", full(health.as_bytes()));
        errors.push(read_json(send(&server, version, &[], request).await).1);
    }
    let echoed = |text: &str| text.bytes().filter(|byte| *byte == b'z').count();
    for mut error in errors {
        let message = error["message"].as_str().unwrap();
        assert!(echoed(message) <= ECHO_BYTES, "{error}");
        // The details repeat it, in base64 too.
        if let Some(details) = error.get_mut("details") {
            details[0]["value"] = Value::Null;
        }
        assert!(echoed(&error.to_string()) <= 2 * ECHO_BYTES, "{error}");
    }
}

#[tokio::test]
async fn an_error_has_its_details() {
    let server = Server::start().await;
    for version in VERSIONS {
        let (status, error) =
            post_json(&server, version, ADD_ONE, &[], r#"{"number":"9223372036854775807"}"#).await;
        let detail = &error["details"][0];
        assert_eq!(detail["type"], "google.rpc.BadRequest");
        assert_eq!(detail["debug"]["fieldViolations"][0]["field"], "number");
        let value = BASE64_STANDARD_NO_PAD.decode(detail["value"].as_str().unwrap()).unwrap();
        let value = tonic_types::pb::BadRequest::decode(&value[..]).unwrap();
        assert_eq!(value.field_violations[0].field, "number");
        let message = assert_error((status, error.clone()), 400, "out_of_range");
        assert!(message.starts_with("number: 9223372036854775807"), "{message}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_rejected() {
    let call_limits = CallLimits { message_bytes: 100, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for version in VERSIONS {
        let largest = format!(r#"{{"number":"1"}}{}"#, " ".repeat(86));
        assert_eq!(post_json(&server, version, ADD_ONE, &[], &largest).await.0, StatusCode::OK);
        let response = post_json(&server, version, ADD_ONE, &[], &format!("{largest} ")).await;
        assert!(assert_error(response, 429, "resource_exhausted").contains("100 bytes"));
        // Without a content-length.
        let request = post(ADD_ONE, "application/json", chunked(&[&[b' '; 60], &[b' '; 60]]));
        assert_error(read_json(send(&server, version, &[], request).await), 429, "resource_exhausted");
        // Small when compressed.
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&[b' '; 10_000]).unwrap();
        let request = post(ADD_ONE, "application/json", full(&encoder.finish().unwrap()));
        let response = send(&server, version, &[("content-encoding", "gzip")], request).await;
        assert_error(read_json(response), 429, "resource_exhausted");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_drained() {
    let server = Server::start().await;
    for version in VERSIONS {
        let request = post(ADD_ONE, "application/json", full(&vec![b' '; 8 << 20]));
        assert_error(read_json(send(&server, version, &[], request).await), 429, "resource_exhausted");
    }
}

#[tokio::test]
async fn a_stalled_body_ends_the_call() {
    let call_limits = CallLimits { message_pause: Duration::from_millis(50), ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for version in VERSIONS {
        let request = post(ADD_ONE, "application/json", unending(&[b"{"]));
        assert_error(read_json(send(&server, version, &[], request).await), 504, "deadline_exceeded");
    }
}

#[tokio::test]
async fn a_timeout_is_a_deadline() {
    let server = Server::start().await;
    for version in VERSIONS {
        for late in ["0", "1", "0000000001"] {
            let request = post(ADD_ONE, "application/json", unending(&[b"{"]));
            let response = send(&server, version, &[("connect-timeout-ms", late)], request).await;
            assert_error(read_json(response), 504, "deadline_exceeded");
        }
        for enough in ["60000", "9999999999"] {
            let response =
                post_json(&server, version, ADD_ONE, &[("connect-timeout-ms", enough)], "{}").await;
            assert_eq!(response.0, StatusCode::OK);
        }
        for wrong in ["", "soon", "-1", "1.5", "10000000000", "1m"] {
            let response = post_json(&server, version, ADD_ONE, &[("connect-timeout-ms", wrong)], "{}").await;
            assert_error(response, 400, "invalid_argument");
        }
    }
}

#[tokio::test]
async fn requests_and_responses_may_be_compressed() {
    let server = Server::start().await;
    let compress = |encoding: &str| match encoding {
        "zstd" => zstd::encode_all(&br#"{"number":"5681"}"#[..], 0).unwrap(),
        _ => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(br#"{"number":"5681"}"#).unwrap();
            encoder.finish().unwrap()
        }
    };
    for version in VERSIONS {
        for encoding in ["gzip", "zstd"] {
            let headers = [("content-encoding", encoding), ("accept-encoding", "br, gzip;q=0.5")];
            let request = post(ADD_ONE, "application/json", full(&compress(encoding)));
            let response = send(&server, version, &headers, request).await;
            assert_eq!(response.headers()["content-encoding"], "gzip");
            let json: Value =
                serde_json::from_reader(flate2::read::GzDecoder::new(&response.body()[..])).unwrap();
            assert_eq!(json, json!({"number": "5681", "result": "5682"}));
        }
        // A small response to a request without compression is not compressed.
        let request = post(ADD_ONE, "application/json", full(b"{}"));
        let response = send(&server, version, &[("accept-encoding", "gzip")], request).await;
        assert!(!response.headers().contains_key("content-encoding"));
        let response = post_json(&server, version, ADD_ONE, &[("content-encoding", "br")], "{}").await;
        assert!(assert_error(response, 501, "unimplemented").contains("identity,gzip,zstd"));
        let response = post_json(&server, version, ADD_ONE, &[("content-encoding", "gzip")], "{}").await;
        assert_error(response, 500, "internal");
    }
}

#[tokio::test]
async fn an_unknown_content_type_is_rejected_with_the_supported_ones() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (path, content_type) in [
            (ADD_ONE, "text/plain"),
            (ADD_ONE, "application/xml"),
            (ADD_ONE, "application/connect+json"),
            (ADD_ONE, "application/connect+proto"),
            (COUNT_UP, "application/json"),
            (ADD_ONE_TO_EACH, "application/proto"),
            (ADD_ONE_TO_EACH, "application/connect+xml"),
        ] {
            let response = send(&server, version, &[], post(path, content_type, full(b"{}"))).await;
            assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path} {content_type}");
            let known = response.headers()["accept-post"].to_str().unwrap();
            assert!(known.starts_with("application/json, application/proto"), "{known}");
        }
    }
    assert!(server.calls.counts().is_empty());
}

#[tokio::test]
async fn unknown_methods_and_versions_are_rejected() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (path, content_type) in [
            ("/test.v1.NumberService/Nope", "application/json"),
            ("/test.v1.NumberService/Nope", "application/connect+json"),
            ("/no.such.Service/Method", "application/proto"),
            ("/no.such.Service/Method", "application/connect+proto"),
        ] {
            let response = send(&server, version, &[], post(path, content_type, full(b""))).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path} {content_type}");
            assert_eq!(response.body(), "There is no such method here.\n");
        }
        let response = post_json(&server, version, ADD_ONE, &[("connect-protocol-version", "2")], "{}").await;
        assert_error(response, 400, "invalid_argument");
    }
}

#[tokio::test]
async fn failed_calls_pass_the_layers_with_their_protocol() {
    let server = Server::start().await;
    for version in VERSIONS {
        post_json(&server, version, ADD_ONE, &[], "{}").await;
        post_json(&server, version, ADD_ONE, &[], "{").await;
        post_json(&server, version, ADD_ONE, &[("content-encoding", "br")], "{}").await;
        stream(&server, version, "json", COUNT_UP, &[], &[r#"{"steps":"1"}"#.into()]).await;
        let unknown = post("/test.v1.NumberService/Nope", "application/json", full(b"{}"));
        send(&server, version, &[], unknown).await;
        post_json(&server, version, LIST_ROWS, &[], "{}").await;
    }
    let row = |method: &str, count| ((method.to_owned(), "connect"), count);
    let expected = [row("AddOne", 6), row("CountUp", 2), row("unknown", 2), row("ListRows", 2)];
    assert_eq!(server.calls.counts(), BTreeMap::from(expected));
}
