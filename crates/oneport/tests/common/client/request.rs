//! One request on a connection of its own.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};

use super::body::{ReqBody, full};

/// Sends a request and reads the response with its trailers, which are appended to its headers.
pub async fn send<I>(version: Version, io: I, mut request: Request<ReqBody>) -> Response<Bytes>
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let io = TokioIo::new(io);
    let response = if version == Version::HTTP_2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let path = request.uri().path_and_query().unwrap().as_str().to_owned();
        *request.uri_mut() = path.parse().unwrap();
        request.headers_mut().insert("host", "localhost".parse().unwrap());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    };
    let (mut parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    parts.headers.extend(collected.trailers().cloned().unwrap_or_default());
    Response::from_parts(parts, collected.to_bytes())
}

pub fn post(path: &str, content_type: &str, body: ReqBody) -> Request<ReqBody> {
    Request::post(format!("https://localhost{path}")).header("content-type", content_type).body(body).unwrap()
}

pub fn get(path: &str) -> Request<ReqBody> {
    Request::get(format!("https://localhost{path}")).body(full(b"")).unwrap()
}

/// Fails where this takes too long: then the server hangs.
pub async fn soon<T>(outcome: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), outcome).await.expect("the server hangs")
}
