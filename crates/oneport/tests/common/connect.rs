//! A client of Connect's protocol.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;

use super::{
    client::{MessageStream, ReqBody, frame, full, post, soon},
    server::Server,
};

pub const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

/// Sends a request with these headers.
pub async fn send(
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

/// Posts JSON; the status and the JSON of the response.
pub async fn post_json(
    server: &Server,
    version: Version,
    path: &str,
    headers: &[(&'static str, &str)],
    json: &str,
) -> (StatusCode, Value) {
    let request = post(path, "application/json", full(json.as_bytes()));
    read_json(send(server, version, headers, request).await)
}

pub fn read_json(response: Response<Bytes>) -> (StatusCode, Value) {
    assert_eq!(response.headers()["content-type"], "application/json", "{response:?}");
    (response.status(), serde_json::from_slice(response.body()).unwrap())
}

/// Asserts that a response is this error, and returns its message.
pub fn assert_error((status, error): (StatusCode, Value), expected: u16, code: &str) -> String {
    assert_eq!((status.as_u16(), error["code"].as_str()), (expected, Some(code)), "{error}");
    error["message"].as_str().unwrap().to_owned()
}

/// Sends messages as a stream; the headers and messages of the response, and its end.
pub async fn stream(
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

pub fn texts(messages: &[(u8, Bytes)]) -> Vec<&str> {
    messages
        .iter()
        .map(|(flag, message)| {
            assert_eq!(*flag, 0);
            std::str::from_utf8(message).unwrap()
        })
        .collect()
}

/// Sends a stream of JSON over HTTP/2; reads the messages of its response.
pub async fn messages(server: &Server, path: &str, body: ReqBody) -> MessageStream {
    let io = TokioIo::new(server.tls(&["h2"]).await);
    let (mut requests, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let call = requests.send_request(post(path, "application/connect+json", body));
    MessageStream::new(soon(call).await.unwrap())
}

pub async fn next(messages: &mut MessageStream) -> Value {
    serde_json::from_slice(&soon(messages.next()).await.unwrap()).unwrap()
}
