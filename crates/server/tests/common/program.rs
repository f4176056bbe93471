//! The program as a process of its own, with a client that calls it over one connection.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test program uses its part")]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use increment_proto::v1::ListAccessCountsResponse;
use prost::Message;
use tokio::net::TcpStream;
use tonic::Status;

use super::{ReqBody, Wire, frame, full, in_base64, post};

pub const LIST: &str = "/increment.v1.AccessService/ListAccessCounts";

/// A server that was started and is killed with the test.
pub struct Program {
    pub process: Child,
    pub http: SocketAddr,
}

impl Program {
    /// Starts the server in `folder`, and waits until it listens.
    pub fn start(folder: &Path, options: &[&str], variables: &[(&str, &Path)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_increment-server"));
        command
            .current_dir(folder)
            .args(["--listen=127.0.0.1:0", "--plaintext-listen=127.0.0.1:0"])
            .args(options);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with("listening http://"));
        let line = line.unwrap_or_else(|| panic!("it does not listen: {:?}", process.wait()));
        Self { process, http: line.rsplit("//").next().unwrap().parse().unwrap() }
    }

    /// Ends it at once, as the system does when memory is short.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection in clear text over which one call follows another.
pub enum Connection {
    Http1(http1::SendRequest<ReqBody>),
    Http2(http2::SendRequest<ReqBody>),
}

impl Connection {
    pub async fn open(address: SocketAddr, wire: Wire) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let io = TokioIo::new(stream);
        Some(if wire.version() == http::Version::HTTP_2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.ok()?;
            tokio::spawn(connection);
            Self::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(io).await.ok()?;
            tokio::spawn(connection);
            Self::Http1(sender)
        })
    }

    /// Calls, and reads the whole answer; none when the connection breaks.
    pub async fn call(&mut self, wire: Wire, path: &str, message: &[u8]) -> Option<Result<Bytes, Status>> {
        self.call_with(wire, path, &[], message).await
    }

    /// Calls with these headers, and reads the whole answer; none when the connection breaks.
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
}

impl Connection {
    /// Calls, and reads nothing of the answer's body.
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

/// The messages of an answer, one by one as they come; for gRPC and binary gRPC-Web.
pub struct Messages {
    body: Incoming,
    read: BytesMut,
}

impl Messages {
    pub fn of(response: Response<Incoming>) -> Self {
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

/// The counts that a server tells, by method and protocol.
pub async fn counts(address: SocketAddr) -> BTreeMap<(String, String), u64> {
    let mut connection = Connection::open(address, Wire::Grpc).await.unwrap();
    let answer = connection.call(Wire::Grpc, LIST, &[]).await.unwrap().unwrap();
    let told = ListAccessCountsResponse::decode(answer).unwrap();
    assert_eq!(told.total, told.rows.iter().map(|row| row.count).sum::<u64>());
    told.rows.into_iter().map(|row| ((row.method, row.protocol), row.count)).collect()
}
