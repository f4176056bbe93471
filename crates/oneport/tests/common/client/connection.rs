//! A connection that stays open, and responses that are read message by message.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tonic::Status;

use super::{
    body::{ReqBody, full},
    request::post,
    wire::{Wire, frame, in_base64},
};

/// A connection without TLS for one call after another.
pub enum Connection {
    Http1(http1::SendRequest<ReqBody>),
    Http2(http2::SendRequest<ReqBody>),
}

impl Connection {
    pub async fn open(address: SocketAddr, wire: Wire) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let io = TokioIo::new(stream);
        Some(if wire.version() == Version::HTTP_2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.ok()?;
            tokio::spawn(connection);
            Self::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(io).await.ok()?;
            tokio::spawn(connection);
            Self::Http1(sender)
        })
    }

    /// Calls and reads the response; none where the connection is closed.
    pub async fn call(&mut self, wire: Wire, path: &str, message: &[u8]) -> Option<Result<Bytes, Status>> {
        self.call_with(wire, path, &[], message).await
    }

    /// Calls with these headers and reads the response; none where the connection is closed.
    pub async fn call_with(
        &mut self,
        wire: Wire,
        path: &str,
        headers: &[(&'static str, &str)],
        message: &[u8],
    ) -> Option<Result<Bytes, Status>> {
        let (mut parts, body) = self.begin_with(wire, path, headers, message).await?.into_parts();
        let collected = body.collect().await.ok()?;
        parts.headers.extend(collected.trailers().cloned().unwrap_or_default());
        Some(wire.read(Response::from_parts(parts, collected.to_bytes())))
    }

    /// Calls and reads only the headers of the response.
    pub async fn begin(&mut self, wire: Wire, path: &str, message: &[u8]) -> Option<Response<Incoming>> {
        self.begin_with(wire, path, &[], message).await
    }

    async fn begin_with(
        &mut self,
        wire: Wire,
        path: &str,
        headers: &[(&'static str, &str)],
        message: &[u8],
    ) -> Option<Response<Incoming>> {
        let body = full(&frame(message));
        let body = if wire == Wire::GrpcWebText { in_base64(body) } else { body };
        let mut request: Request<ReqBody> = post(path, wire.content_type(), body);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        self.send(request).await
    }

    pub async fn send(&mut self, mut request: Request<ReqBody>) -> Option<Response<Incoming>> {
        match self {
            Self::Http1(sender) => {
                *request.uri_mut() = request.uri().path().parse().unwrap();
                request.headers_mut().insert("host", "localhost".parse().unwrap());
                sender.ready().await.ok()?;
                sender.send_request(request).await.ok()
            }
            Self::Http2(sender) => {
                sender.ready().await.ok()?;
                sender.send_request(request).await.ok()
            }
        }
    }
}

/// Reads the messages of a response one by one; for gRPC, binary gRPC-Web and Connect's streams.
pub struct MessageStream {
    body: Incoming,
    read: BytesMut,
}

impl MessageStream {
    pub fn new(response: Response<Incoming>) -> Self {
        Self { body: response.into_body(), read: BytesMut::new() }
    }

    /// The next message; none at the end.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some((&[flag, a, b, c, d], rest)) = self.read.split_first_chunk::<5>() {
                let len = u32::from_be_bytes([a, b, c, d]) as usize;
                if flag != 0 {
                    return None;
                }
                if rest.len() >= len {
                    return Some(self.read.split_to(5 + len).split_off(5).freeze());
                }
            }
            let data = self.body.frame().await?.ok()?.into_data().ok()?;
            self.read.extend_from_slice(&data);
        }
    }
}
