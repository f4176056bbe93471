//! A whole server in this process, on free ports with real TLS, and a client that writes each byte itself.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test program uses its part")]

pub mod attack;
pub mod http2;
pub mod program;

use std::{
    collections::HashMap, net::Ipv4Addr, net::SocketAddr, num::NonZero, path::PathBuf, pin::Pin, sync::Arc,
    time::Duration, time::SystemTime,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use increment_access::{Durability, Ledger, LedgerMetrics, Options};
use increment_certs::BearerToken;
use increment_server::{Demo, counted_methods, shutdown_with_ledger};
use oneport::{CallLimits, ClientAuth, Health, Limits, ServeError, Tls};
use rustls::{
    ClientConfig, ConfigBuilder,
    client::WantsClientCert,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::{Code, Status};

pub struct Server {
    pub https: SocketAddr,
    pub http: SocketAddr,
    /// Where metrics are read, when the server was set up with them.
    pub metrics: Option<SocketAddr>,
    pub ledger: Ledger,
    pub certs: TempDir,
    stop: Option<oneshot::Sender<()>>,
    pub data: TempDir,
    pub running: JoinHandle<Result<(), ServeError>>,
}

/// What a server is started with.
pub struct Setup {
    pub limits: Limits,
    pub call_limits: CallLimits,
    /// The folder with the page.
    pub page: Option<PathBuf>,
    pub reloads_page: bool,
    pub origins: Vec<&'static str>,
    pub cors_headers: Vec<&'static str>,
    pub hosts: Vec<&'static str>,
    pub durability: Durability,
    pub metrics: bool,
    pub client_auth: ClientAuth,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            call_limits: CallLimits::default(),
            page: None,
            reloads_page: false,
            origins: vec![],
            cors_headers: vec![],
            hosts: vec![],
            durability: Durability::Strict,
            metrics: false,
            client_auth: ClientAuth::Off,
        }
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let certs = TempDir::new().unwrap();
        let (cert, key) = (certs.path().join("server.pem"), certs.path().join("server.key"));
        let opened = increment_certs::open(&cert, &key, SystemTime::now()).unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let data = TempDir::new().unwrap();
        let metrics = setup.metrics.then(LedgerMetrics::default);
        let counted = Options::new(counted_methods().unwrap(), setup.durability);
        let counted = match &metrics {
            Some(metrics) => counted.on_commit(metrics.on_commit()),
            None => counted,
        };
        let ledger = Ledger::open(data.path(), counted).unwrap();
        let demo = Demo {
            ledger: Some(ledger.clone()),
            report_token: Some(BearerToken::open(&certs.path().join("report.token")).unwrap()),
            certificate: opened.certified_key.cert.first().and_then(increment_certs::CertificateInfo::parse),
            metrics,
        };
        let health = Health::default();
        let mut builder = demo
            .builder()
            .tls(Tls::new(opened.certified_key).client_auth(setup.client_auth))
            .listen(any_port)
            .plaintext_listen(any_port)
            .cors_origins(setup.origins.iter().map(|origin| origin.parse().unwrap()))
            .cors_headers(setup.cors_headers.iter().map(|name| name.parse().unwrap()))
            .allow_hosts(setup.hosts.iter().map(|name| name.parse().unwrap()))
            .limits(setup.limits)
            .call_limits(setup.call_limits)
            .workers(NonZero::new(2).unwrap())
            .reload_page(setup.reloads_page)
            .health(health.clone());
        if let Some(page) = setup.page {
            builder = builder.page(page);
        }
        if setup.metrics {
            builder = builder.metrics_listen(any_port);
        }
        let bound = builder.bind().await.unwrap();
        let urls = bound.urls().unwrap();
        let address = |url: &str| url.split("//").nth(1).unwrap().parse().unwrap();
        let (https, http) = (address(&urls[0]), address(&urls[1]));
        let metrics_address = bound.metrics_url().unwrap().map(|url| address(&url));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { drop(stopped.await) };
        let running = tokio::spawn({
            let ledger = ledger.clone();
            async move { bound.run(shutdown_with_ledger(shutdown, &ledger, health)).await }
        });
        Self { https, http, metrics: metrics_address, ledger, certs, data, stop: Some(stop), running }
    }

    /// The `authorization` header of a service that reports.
    pub fn bearer(&self) -> String {
        bearer(self.certs.path())
    }

    /// Asks the server to end; `running` tells when it has.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub async fn tls(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        self.tls_with(alpn, ConfigBuilder::<ClientConfig, _>::with_no_client_auth).await
    }

    /// A connection over TLS whose client is configured by `identify`.
    pub async fn tls_with(
        &self,
        alpn: &[&str],
        identify: impl FnOnce(ConfigBuilder<ClientConfig, WantsClientCert>) -> ClientConfig,
    ) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.certs.path().join("ca.pem")).unwrap()).unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider().into();
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = identify(config);
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(self.https).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    /// Sends one request over TLS on a connection of its own.
    pub async fn send(&self, version: Version, request: Request<ReqBody>) -> Response<Bytes> {
        match version {
            Version::HTTP_2 => send(version, self.tls(&["h2"]).await, request).await,
            _ => send(version, self.tls(&["http/1.1"]).await, request).await,
        }
    }

    pub async fn call(&self, wire: Wire, path: &str, message: &[u8]) -> Result<Bytes, Status> {
        self.call_raw(wire, path, &[], full(&frame(message))).await
    }

    /// Calls with a body of any bytes; they are made base64 for gRPC-Web-text.
    pub async fn call_raw(
        &self,
        wire: Wire,
        path: &str,
        headers: &[(&'static str, &str)],
        body: ReqBody,
    ) -> Result<Bytes, Status> {
        wire.read(self.answer(wire, path, headers, body).await)
    }

    /// Sends these messages and reads all that come.
    pub async fn stream(
        &self,
        wire: Wire,
        path: &str,
        headers: &[(&'static str, &str)],
        messages: &[Vec<u8>],
    ) -> (Vec<Bytes>, Status) {
        let body: Vec<_> = messages.iter().flat_map(|message| frame(message)).collect();
        wire.read_all(self.answer(wire, path, headers, full(&body)).await)
    }

    async fn answer(
        &self,
        wire: Wire,
        path: &str,
        headers: &[(&'static str, &str)],
        body: ReqBody,
    ) -> Response<Bytes> {
        let body = if wire == Wire::GrpcWebText { in_base64(body) } else { body };
        let mut request = post(path, wire.content_type(), body);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        self.send(wire.version(), request).await
    }
}

/// The `authorization` header of a service that reports to the server with this folder of certificates.
pub fn bearer(certs: &std::path::Path) -> String {
    format!("Bearer {}", std::fs::read_to_string(certs.join("report.token")).unwrap().trim())
}

pub type ReqBody = BoxBody<Bytes, std::io::Error>;

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

/// A body that is all there.
pub fn full(bytes: &[u8]) -> ReqBody {
    Full::new(Bytes::copy_from_slice(bytes)).map_err(|never| match never {}).boxed()
}

/// A body that begins with these chunks and never ends.
pub fn unending(chunks: &[&[u8]]) -> ReqBody {
    Unending(chunks.iter().rev().map(|chunk| Bytes::copy_from_slice(chunk)).collect()).boxed()
}

/// A body in these chunks.
pub fn chunked(chunks: &[&[u8]]) -> ReqBody {
    let frames: Vec<_> = chunks.iter().map(|chunk| Ok(Frame::data(Bytes::copy_from_slice(chunk)))).collect();
    http_body_util::StreamBody::new(futures_util::stream::iter(frames)).boxed()
}

struct Unending(Vec<Bytes>);

impl Body for Unending {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.0.pop() {
            Some(chunk) => std::task::Poll::Ready(Some(Ok(Frame::data(chunk)))),
            None => std::task::Poll::Pending,
        }
    }
}

/// A body whose chunks are sent one by one, and which ends when the sender is dropped.
pub fn channel() -> (BodySender, ReqBody) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let chunks = futures_util::stream::poll_fn(move |context| {
        receiver.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    });
    (BodySender(sender), http_body_util::StreamBody::new(chunks).boxed())
}

pub struct BodySender(tokio::sync::mpsc::Sender<Bytes>);

impl BodySender {
    /// Sends a chunk; false when the body is not wanted any more.
    pub async fn send(&self, bytes: &[u8]) -> bool {
        self.0.send(Bytes::copy_from_slice(bytes)).await.is_ok()
    }
}

/// Encodes each chunk by itself: what is open stays open.
pub fn in_base64(body: ReqBody) -> ReqBody {
    body.map_frame(|frame| frame.map_data(|data| Bytes::from(BASE64_STANDARD.encode(data)))).boxed()
}

/// A message with its head.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    frame
}

/// The ways in which a call can travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Grpc,
    GrpcWebHttp2,
    GrpcWebHttp1,
    GrpcWebText,
}

impl Wire {
    pub const ALL: [Self; 4] = [Self::Grpc, Self::GrpcWebHttp2, Self::GrpcWebHttp1, Self::GrpcWebText];

    pub fn version(self) -> Version {
        if matches!(self, Self::Grpc | Self::GrpcWebHttp2) { Version::HTTP_2 } else { Version::HTTP_11 }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Grpc => "application/grpc",
            Self::GrpcWebHttp2 | Self::GrpcWebHttp1 => "application/grpc-web+proto",
            Self::GrpcWebText => "application/grpc-web-text",
        }
    }

    /// The message or the status in an answer.
    pub fn read(self, response: Response<Bytes>) -> Result<Bytes, Status> {
        let (mut messages, status) = self.read_all(response);
        assert!(messages.len() <= 1, "{messages:?}");
        if status.code() == Code::Ok { Ok(messages.pop().expect("a message")) } else { Err(status) }
    }

    /// The messages in an answer, and the status after them.
    pub fn read_all(self, response: Response<Bytes>) -> (Vec<Bytes>, Status) {
        assert_eq!(response.status(), StatusCode::OK, "{:?}", response.body());
        let answered = response.headers()["content-type"].to_str().unwrap();
        assert!(
            answered.starts_with(self.content_type()) || !response.headers().contains_key("grpc-status"),
            "{self:?} was answered as {answered}"
        );
        let mut headers = response.headers().clone();
        let body = match self {
            Self::GrpcWebText => unbase64(response.body()).into(),
            _ => response.body().clone(),
        };
        let mut messages = Vec::new();
        let mut rest = &body[..];
        while let Some((&[flag, a, b, c, d], after)) = rest.split_first_chunk::<5>() {
            let (content, after) = after.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
            match flag {
                0 => messages.push(Bytes::copy_from_slice(content)),
                0x80 => headers.extend(parse_trailers(content)),
                _ => panic!("flag {flag}"),
            }
            rest = after;
        }
        assert!(rest.is_empty());
        (messages, Status::from_header_map(&headers).expect("a grpc-status"))
    }
}

fn parse_trailers(content: &[u8]) -> HeaderMap {
    let lines = std::str::from_utf8(content).unwrap().split_terminator("\r\n");
    let pairs: HashMap<String, String> =
        lines.map(|line| line.split_once(':').unwrap()).map(|(n, v)| (n.into(), v.trim().into())).collect();
    (&pairs).try_into().unwrap()
}

/// Each frame is encoded by itself, so that padding can stand between.
fn unbase64(text: &[u8]) -> Vec<u8> {
    text.chunks(4).flat_map(|group| BASE64_STANDARD.decode(group).unwrap()).collect()
}

/// What a test waits for at most; then the server hangs.
pub async fn soon<T>(outcome: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), outcome).await.expect("the server hangs")
}
