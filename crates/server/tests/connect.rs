//! Connect's protocol: plain JSON and its binary form, with POST and GET, one message or a stream, over HTTP/1.1 and 2.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{collections::BTreeMap, io::Write, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use common::{
    ReqBody, Server, Setup, channel, frame, full, get, post,
    program::{Messages, counts},
    soon, unending,
};
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use increment_proto::v1::{IncrementRequest, IncrementResponse};
use oneport::CallLimits;
use prost::Message;
use serde_json::{Value, json};

const INCREMENT: &str = "/increment.v1.IncrementService/Increment";
const COUNT_UP: &str = "/increment.v1.IncrementService/CountUp";
const MANY: &str = "/increment.v1.IncrementService/IncrementMany";
const SUM: &str = "/increment.v1.IncrementService/SumIncrements";
const LIST: &str = "/increment.v1.AccessService/ListAccessCounts";

const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

async fn send(
    server: &Server,
    version: Version,
    headers: &[(&'static str, &str)],
    mut request: Request<ReqBody>,
) -> Response<Bytes> {
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    soon(server.send(version, request)).await
}

/// Posts JSON; the status and the JSON that comes back.
async fn post_json(
    server: &Server,
    version: Version,
    path: &str,
    headers: &[(&'static str, &str)],
    json: &str,
) -> (StatusCode, Value) {
    let request = post(path, "application/json", full(json.as_bytes()));
    read_json(send(server, version, headers, request).await)
}

fn read_json(response: Response<Bytes>) -> (StatusCode, Value) {
    assert_eq!(response.headers()["content-type"], "application/json", "{response:?}");
    (response.status(), serde_json::from_slice(response.body()).unwrap())
}

/// Asserts that an answer is this error, and returns its message.
fn assert_error((status, error): (StatusCode, Value), expected: u16, code: &str) -> String {
    assert_eq!((status.as_u16(), error["code"].as_str()), (expected, Some(code)), "{error}");
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn plain_json_is_answered_in_json() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (json, answer) in [
            (r#"{"number":"5681"}"#, r#"{"number":"5681","result":"5682"}"#),
            (r#"{"number":-1}"#, r#"{"number":"-1","result":"0"}"#),
            ("{}", r#"{"number":"0","result":"1"}"#),
        ] {
            for content_type in ["application/json", "Application/JSON ; charset=utf-8"] {
                let request = post(INCREMENT, content_type, full(json.as_bytes()));
                let response = send(&server, version, &[], request).await;
                assert_eq!(response.status(), StatusCode::OK);
                assert_eq!(response.headers()["content-type"], "application/json");
                assert_eq!(response.body(), answer, "{version:?}");
            }
        }
        let reply =
            post_json(&server, version, "/TemplateGRPC/TemplateGRPCEndpoint", &[], r#"{"number":9180}"#);
        assert_eq!(reply.await, (StatusCode::OK, json!({"reply": "Send: 9180, Return: 9181"})));
    }
}

#[tokio::test]
async fn protobuf_is_answered_in_protobuf() {
    let server = Server::start().await;
    for version in VERSIONS {
        let message = IncrementRequest { number: 5681 }.encode_to_vec();
        let request = post(INCREMENT, "application/proto", full(&message));
        let response = send(&server, version, &[("connect-protocol-version", "1")], request).await;
        assert_eq!(
            (response.status(), &response.headers()["content-type"]),
            (StatusCode::OK, &"application/proto".parse().unwrap())
        );
        let answer = IncrementResponse::decode(response.into_body()).unwrap();
        assert_eq!(answer, IncrementResponse { number: 5681, result: 5682 });
        // An empty message is one, and an error is JSON.
        let none = send(&server, version, &[], post(INCREMENT, "application/proto", full(b""))).await;
        assert_eq!(IncrementResponse::decode(none.into_body()).unwrap().result, 1);
        let max = IncrementRequest { number: i64::MAX }.encode_to_vec();
        let refused = send(&server, version, &[], post(INCREMENT, "application/proto", full(&max))).await;
        assert_error(read_json(refused), 400, "out_of_range");
        let garbage =
            send(&server, version, &[], post(INCREMENT, "application/proto", full(&[0xff; 12]))).await;
        assert_error(read_json(garbage), 500, "internal");
    }
}

#[tokio::test]
async fn what_is_wrong_with_json_is_named() {
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
            let answer = post_json(&server, version, INCREMENT, &[], json).await;
            let message = assert_error(answer, 400, "invalid_argument");
            assert!(message.contains(named), "{json}: {message}");
        }
    }
}

/// The most bytes of a request that its error repeats.
const ECHO_BYTES: usize = 200;

#[tokio::test]
async fn an_error_repeats_little_of_what_was_sent() {
    let server = Server::start().await;
    // All that was sent are these.
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
            let request = post(INCREMENT, "application/json", full(body.as_bytes()));
            errors.push(read_json(send(&server, version, &[], request).await).1);
            let body = body.clone().into_bytes();
            let (_, _, end) = stream(&server, version, "json", MANY, &[], &[body]).await;
            errors.push(end["error"].clone());
        }
        for address in [
            format!("{LIST}?encoding={many}&message=%7B%7D"),
            format!("{LIST}?encoding=json&message=%7B%7D&compression={many}"),
            format!("{LIST}?encoding=json&message=%7B%7D&connect={many}"),
            format!("{LIST}?encoding=json&base64=1&message=%7B{many}"),
            format!("{LIST}?encoding=json&message=%7B%22{many}%22%3A1%7D"),
        ] {
            errors.push(read_json(send(&server, version, &[], get(&address)).await).1);
        }
        for name in ["content-encoding", "connect-protocol-version", "connect-timeout-ms"] {
            let request = post(INCREMENT, "application/json", full(b"{}"));
            errors.push(read_json(send(&server, version, &[(name, &many)], request).await).1);
        }
        let health = format!(r#"{{"service":"{many}"}}"#);
        let request = post("/grpc.health.v1.Health/Check", "application/json", full(health.as_bytes()));
        errors.push(read_json(send(&server, version, &[], request).await).1);
    }
    let repeated = |text: &str| text.bytes().filter(|byte| *byte == b'z').count();
    for mut error in errors {
        let message = error["message"].as_str().unwrap();
        assert!(repeated(message) <= ECHO_BYTES, "{error}");
        // The details say the same again, in base64 too.
        if let Some(details) = error.get_mut("details") {
            details[0]["value"] = Value::Null;
        }
        assert!(repeated(&error.to_string()) <= 2 * ECHO_BYTES, "{error}");
    }
}

#[tokio::test]
async fn a_refused_number_comes_with_its_details() {
    let server = Server::start().await;
    for version in VERSIONS {
        let (status, error) =
            post_json(&server, version, INCREMENT, &[], r#"{"number":"9223372036854775807"}"#).await;
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
async fn a_body_over_the_limit_is_refused() {
    let call_limits = CallLimits { message_bytes: 100, ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for version in VERSIONS {
        let largest = format!(r#"{{"number":"1"}}{}"#, " ".repeat(86));
        assert_eq!(post_json(&server, version, INCREMENT, &[], &largest).await.0, StatusCode::OK);
        let answer = post_json(&server, version, INCREMENT, &[], &format!("{largest} ")).await;
        assert!(assert_error(answer, 429, "resource_exhausted").contains("100 bytes"));
        // Of a length that nobody told.
        let request = post(INCREMENT, "application/json", common::chunked(&[&[b' '; 60], &[b' '; 60]]));
        assert_error(read_json(send(&server, version, &[], request).await), 429, "resource_exhausted");
        // Small on the wire.
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&[b' '; 10_000]).unwrap();
        let request = post(INCREMENT, "application/json", full(&encoder.finish().unwrap()));
        let response = send(&server, version, &[("content-encoding", "gzip")], request).await;
        assert_error(read_json(response), 429, "resource_exhausted");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_read_to_its_end() {
    let server = Server::start().await;
    for version in VERSIONS {
        let request = post(INCREMENT, "application/json", full(&vec![b' '; 8 << 20]));
        assert_error(read_json(send(&server, version, &[], request).await), 429, "resource_exhausted");
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_ends_the_call() {
    let call_limits = CallLimits { message_pause: Duration::from_millis(50), ..CallLimits::default() };
    let server = Server::with(Setup { call_limits, ..Setup::default() }).await;
    for version in VERSIONS {
        let request = post(INCREMENT, "application/json", unending(&[b"{"]));
        assert_error(read_json(send(&server, version, &[], request).await), 504, "deadline_exceeded");
    }
}

#[tokio::test]
async fn a_timeout_is_a_deadline() {
    let server = Server::start().await;
    for version in VERSIONS {
        for late in ["0", "1", "0000000001"] {
            let request = post(INCREMENT, "application/json", unending(&[b"{"]));
            let response = send(&server, version, &[("connect-timeout-ms", late)], request).await;
            assert_error(read_json(response), 504, "deadline_exceeded");
        }
        for enough in ["60000", "9999999999"] {
            let answer =
                post_json(&server, version, INCREMENT, &[("connect-timeout-ms", enough)], "{}").await;
            assert_eq!(answer.0, StatusCode::OK);
        }
        for wrong in ["", "soon", "-1", "1.5", "10000000000", "1m"] {
            let answer = post_json(&server, version, INCREMENT, &[("connect-timeout-ms", wrong)], "{}").await;
            assert_error(answer, 400, "invalid_argument");
        }
    }
}

#[tokio::test]
async fn messages_may_be_compressed_both_ways() {
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
            let request = post(INCREMENT, "application/json", full(&compress(encoding)));
            let response = send(&server, version, &headers, request).await;
            assert_eq!(response.headers()["content-encoding"], "gzip");
            let json: Value =
                serde_json::from_reader(flate2::read::GzDecoder::new(&response.body()[..])).unwrap();
            assert_eq!(json, json!({"number": "5681", "result": "5682"}));
        }
        // What is small stays as it is for those who did not compress.
        let request = post(INCREMENT, "application/json", full(b"{}"));
        let response = send(&server, version, &[("accept-encoding", "gzip")], request).await;
        assert!(!response.headers().contains_key("content-encoding"));
        let answer = post_json(&server, version, INCREMENT, &[("content-encoding", "br")], "{}").await;
        assert!(assert_error(answer, 501, "unimplemented").contains("identity,gzip,zstd"));
        let answer = post_json(&server, version, INCREMENT, &[("content-encoding", "gzip")], "{}").await;
        assert_error(answer, 500, "internal");
    }
}

#[tokio::test]
async fn pure_reads_answer_to_get() {
    let server = Server::start().await;
    for version in VERSIONS {
        let base64 = BASE64_URL_SAFE_NO_PAD.encode("{}");
        for query in [
            "connect=v1&encoding=json&message=%7B%7D",
            "message=%7B%7D&encoding=json&compression=identity&unknown=1",
            &format!("encoding=json&base64=1&message={base64}"),
            &format!("encoding=json&base64=1&message={base64}%3D"),
        ] {
            let answer = read_json(send(&server, version, &[], get(&format!("{LIST}?{query}"))).await);
            assert_eq!((answer.0, &answer.1["total"]), (StatusCode::OK, &json!("0")), "{query}");
        }
        let response = send(&server, version, &[], get(&format!("{LIST}?encoding=proto&message="))).await;
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &[24, 1][..]));
        for (query, named) in [
            ("", "encoding"),
            ("encoding=json", "message"),
            ("encoding=xml&message=", "xml"),
            ("encoding=json&message=%7B", "JSON"),
            ("encoding=json&base64=1&message=***", "base64"),
            ("encoding=json&message=%7B%7D&connect=v2", "version 1"),
        ] {
            let answer = read_json(send(&server, version, &[], get(&format!("{LIST}?{query}"))).await);
            let message = assert_error(answer, 400, "invalid_argument");
            assert!(message.contains(named), "{query}: {message}");
        }
        let query = "encoding=json&message=%7B%7D&compression=br";
        let answer = read_json(send(&server, version, &[], get(&format!("{LIST}?{query}"))).await);
        assert_error(answer, 501, "unimplemented");
    }
}

#[tokio::test]
async fn whatever_counts_is_not_got() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (method, path, allowed) in [
            (Method::GET, INCREMENT, "POST"),
            (Method::GET, COUNT_UP, "POST"),
            (Method::PUT, INCREMENT, "POST"),
            (Method::DELETE, LIST, "GET, HEAD, POST"),
            (Method::GET, "/increment.v1.AccessService/WatchAccessCounts", "POST"),
        ] {
            let mut request = get(&format!("{path}?encoding=json&message=%7B%7D"));
            *request.method_mut() = method.clone();
            let response = send(&server, version, &[], request).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(response.headers()["allow"], allowed, "{method} {path}");
        }
    }
    assert!(counts(server.http).await.is_empty());
}

#[tokio::test]
async fn other_content_types_are_refused_with_those_that_are_known() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (path, content_type) in [
            (INCREMENT, "text/plain"),
            (INCREMENT, "application/xml"),
            (INCREMENT, "application/connect+json"),
            (INCREMENT, "application/connect+proto"),
            (COUNT_UP, "application/json"),
            (MANY, "application/proto"),
            (MANY, "application/connect+xml"),
        ] {
            let response = send(&server, version, &[], post(path, content_type, full(b"{}"))).await;
            assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path} {content_type}");
            let known = response.headers()["accept-post"].to_str().unwrap();
            assert!(known.starts_with("application/json, application/proto"), "{known}");
        }
    }
    assert!(counts(server.http).await.is_empty());
}

#[tokio::test]
async fn unknown_methods_and_versions_are_refused() {
    let server = Server::start().await;
    for version in VERSIONS {
        for (path, content_type) in [
            ("/increment.v1.IncrementService/Nope", "application/json"),
            ("/increment.v1.IncrementService/Nope", "application/connect+json"),
            ("/no.such.Service/Method", "application/proto"),
            ("/no.such.Service/Method", "application/connect+proto"),
        ] {
            let response = send(&server, version, &[], post(path, content_type, full(b""))).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path} {content_type}");
            assert_eq!(response.body(), "There is no such method here.\n");
        }
        let answer = post_json(&server, version, INCREMENT, &[("connect-protocol-version", "2")], "{}").await;
        assert_error(answer, 400, "invalid_argument");
    }
}

#[tokio::test]
async fn calls_are_counted_under_their_own_protocol_whatever_their_outcome() {
    let server = Server::start().await;
    for version in VERSIONS {
        post_json(&server, version, INCREMENT, &[], "{}").await;
        post_json(&server, version, INCREMENT, &[], "{").await;
        post_json(&server, version, INCREMENT, &[("content-encoding", "br")], "{}").await;
        stream(&server, version, "json", COUNT_UP, &[], &[r#"{"steps":"1"}"#.into()]).await;
        let unknown = post("/increment.v1.IncrementService/Nope", "application/json", full(b"{}"));
        send(&server, version, &[], unknown).await;
        post_json(&server, version, LIST, &[], "{}").await;
    }
    let row = |method: &str, protocol: &str, count| ((method.to_owned(), protocol.to_owned()), count);
    let expected =
        [row("Increment", "connect", 6), row("CountUp", "connect", 2), row("unknown", "unknown", 2)];
    assert_eq!(counts(server.http).await, BTreeMap::from(expected));
}

/// Sends messages as a stream; the headers, the messages that come back, and what the last one tells of the end.
async fn stream(
    server: &Server,
    version: Version,
    codec: &str,
    path: &str,
    headers: &[(&'static str, &str)],
    messages: &[Vec<u8>],
) -> (HeaderMap, Vec<(u8, Bytes)>, Value) {
    let body: Vec<_> = messages.iter().flat_map(|message| frame(message)).collect();
    let content_type = format!("application/connect+{codec}");
    let response = send(server, version, headers, post(path, &content_type, full(&body))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], content_type);
    let (parts, mut body) = response.into_parts();
    let mut frames = Vec::new();
    while let Some((&[flag, a, b, c, d], _)) = body.split_first_chunk::<5>() {
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        frames.push((flag, body.split_to(5 + len).split_off(5)));
    }
    assert!(body.is_empty());
    let Some((2, end)) = frames.pop() else { panic!("no end: {frames:?}") };
    (parts.headers, frames, serde_json::from_slice(&end).unwrap())
}

fn texts(messages: &[(u8, Bytes)]) -> Vec<&str> {
    messages
        .iter()
        .map(|(flag, message)| {
            assert_eq!(*flag, 0);
            std::str::from_utf8(message).unwrap()
        })
        .collect()
}

#[tokio::test]
async fn streams_of_json_are_answered_in_json() {
    let server = Server::start().await;
    for version in VERSIONS {
        let ask = br#"{"start":"40","steps":"2"}"#.to_vec();
        let (_, messages, end) = stream(&server, version, "json", COUNT_UP, &[], &[ask]).await;
        assert_eq!(texts(&messages), [r#"{"result":"41"}"#, r#"{"result":"42"}"#]);
        assert_eq!(end, json!({}));
        let numbers = [1, 2].map(|number| format!(r#"{{"number":{number}}}"#).into_bytes());
        let (_, messages, end) = stream(&server, version, "json", MANY, &[], &numbers).await;
        assert_eq!(texts(&messages), [r#"{"number":"1","result":"2"}"#, r#"{"number":"2","result":"3"}"#]);
        assert_eq!(end, json!({}));
        let (_, messages, _) = stream(&server, version, "json", SUM, &[], &numbers).await;
        assert_eq!(texts(&messages), [r#"{"count":"2","sum":"5"}"#]);
    }
}

#[tokio::test]
async fn streams_of_protobuf_are_answered_in_protobuf() {
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
        let (_, messages, end) = stream(&server, version, "json", MANY, &[], &numbers).await;
        assert_eq!(texts(&messages), [r#"{"number":"1","result":"2"}"#]);
        assert_eq!(end["error"]["code"], "out_of_range");
        assert_eq!(end["error"]["details"][0]["debug"]["fieldViolations"][0]["field"], "number");
        let wrong = [r#"{"number":1}"#, r#"{"number":"x"}"#].map(|json| json.as_bytes().to_vec());
        let (_, messages, end) = stream(&server, version, "json", MANY, &[], &wrong).await;
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
        for ask in ["{}", r#"{"intervalMs":3600000}"#] {
            let headers = [("connect-timeout-ms", "100")];
            let (_, _, end) =
                stream(&server, version, "json", COUNT_UP, &headers, &[ask.as_bytes().to_vec()]).await;
            assert_eq!(end["error"]["code"], "deadline_exceeded", "{ask}");
        }
    }
}

#[tokio::test]
async fn messages_of_streams_may_be_compressed() {
    let server = Server::start().await;
    for version in VERSIONS {
        let headers = [("connect-content-encoding", "gzip"), ("connect-accept-encoding", "zstd")];
        let ask = br#"{"start":"40","steps":"2"}"#.to_vec();
        let (answered, messages, _) = stream(&server, version, "json", COUNT_UP, &headers, &[ask]).await;
        assert_eq!(answered["connect-content-encoding"], "zstd");
        let [(1, one), (1, _)] = &messages[..] else { panic!("{messages:?}") };
        assert_eq!(zstd::decode_all(&one[..]).unwrap(), br#"{"result":"41"}"#);
    }
}

/// The messages that answer a stream, one by one as they come.
async fn messages(server: &Server, path: &str, body: ReqBody) -> Messages {
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut requests, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let call = requests.send_request(post(path, "application/connect+json", body));
    Messages::of(soon(call).await.unwrap())
}

async fn next(messages: &mut Messages) -> Value {
    serde_json::from_slice(&soon(messages.next()).await.unwrap()).unwrap()
}

#[tokio::test]
async fn each_message_of_a_stream_is_answered_before_the_next_one_comes() {
    let server = Server::start().await;
    let (sender, body) = channel();
    assert!(sender.send(&frame(br#"{"number":"41"}"#)).await);
    let mut messages = messages(&server, MANY, body).await;
    for number in 41..45 {
        assert_eq!(next(&mut messages).await["result"], (number + 1).to_string());
        let another = json!({"number": (number + 1).to_string()}).to_string();
        assert!(sender.send(&frame(another.as_bytes())).await);
    }
}

#[tokio::test]
async fn a_watch_tells_the_counts_in_json() {
    let server = Server::start().await;
    let watch = "/increment.v1.AccessService/WatchAccessCounts";
    let mut messages = messages(&server, watch, full(&frame(b"{}"))).await;
    let none = json!({"total": "0", "rows": [], "durability": "DURABILITY_STRICT"});
    assert_eq!(next(&mut messages).await, none);
    post_json(&server, Version::HTTP_2, INCREMENT, &[], "{}").await;
    assert_eq!(next(&mut messages).await["rows"][0]["protocol"], "connect");
}
