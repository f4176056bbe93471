//! Serves tonic services over gRPC, gRPC-Web and Connect, with a page's files, on one TLS port.
//!
//! ```no_run
//! # #[derive(Clone)] struct GreeterServer;
//! # impl GreeterServer { fn new(_: MyGreeter) -> Self { Self } }
//! # impl tonic::server::NamedService for GreeterServer { const NAME: &'static str = "hello.v1.GreeterService"; }
//! # impl tower::Service<http::Request<tonic::body::Body>> for GreeterServer {
//! #     type Response = http::Response<tonic::body::Body>;
//! #     type Error = std::convert::Infallible;
//! #     type Future = std::future::Ready<Result<Self::Response, Self::Error>>;
//! #     fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
//! #         std::task::Poll::Ready(Ok(()))
//! #     }
//! #     fn call(&mut self, _: http::Request<tonic::body::Body>) -> Self::Future { unimplemented!() }
//! # }
//! # struct MyGreeter;
//! # const FILE_DESCRIPTOR_SET: &[u8] = &[];
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let certificate = oneport::Tls::from_pem_files("server.pem", "server.key")?;
//!     oneport::Server::builder()
//!         .service(GreeterServer::new(MyGreeter), FILE_DESCRIPTOR_SET) // any tonic service, any number
//!         .page("dist")
//!         .tls(certificate)
//!         .listen("[::1]:5000".parse()?)
//!         .serve()?; // blocks; a runtime per core; SIGINT and SIGTERM drain
//!     Ok(())
//! }
//! ```
//!
//! `GreeterServer` is what tonic generates from a contract, `FILE_DESCRIPTOR_SET` the contract's encoded
//! `google.protobuf.FileDescriptorSet`: JSON, reflection and the limits of messages need it. The examples `hello`, `page` and
//! `auth` are whole programs.
//!
//! # Protocols
//!
//! The same service is called with gRPC over HTTP/2, with gRPC-Web over HTTP/2 and HTTP/1.1, binary and as text, and with
//! Connect, for which `curl` and JSON are enough. All four kinds of call work over each. Messages are compressed with gzip or
//! zstd where a client accepts it. The standard services, `grpc.health.v1.Health` and reflection in both versions, are
//! registered beside the others, and `GET /healthz` and `GET /readyz` report the [`Health`] to probes.
//!
//! # Layers
//!
//! [`Builder::layer`] takes any `tower::Layer` of a [`CallService`], such as one that authenticates, counts or traces. It wraps
//! every call of every service, the standard ones among them, once its protocol is translated: requests and responses are those
//! of gRPC. The extensions of a request have a [`CallInfo`]: protocol, method, peer, and what was agreed on in the TLS handshake.
//! To reject a call, a layer returns `tonic::Status::into_http`; clients get it as an error of their own protocol.
//!
//! ```no_run
//! use oneport::{CallInfo, CallService};
//! use tower::{Service, layer::layer_fn, service_fn};
//!
//! # fn builder() -> oneport::Builder {
//! oneport::Server::builder().layer(layer_fn(|mut inner: CallService| {
//!     service_fn(move |request: http::Request<tonic::body::Body>| {
//!         if let Some(call) = request.extensions().get::<CallInfo>() {
//!             tracing::info!("{:?} from {}", call.method(), call.connection().peer_address);
//!         }
//!         inner.call(request)
//!     })
//! }))
//! # }
//! ```
//!
//! # Tests
//!
//! [`Builder::bind`] listens on a free port with port 0, [`BoundServer::urls`] returns the addresses, and [`BoundServer::run`]
//! serves until a future is ready:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = oneport::Server::builder().plaintext_listen("127.0.0.1:0".parse()?).bind().await?;
//! let url = server.urls()?.remove(0); // http://127.0.0.1:43210
//! let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
//! let running = tokio::spawn(server.run(async { drop(stopped.await) }));
//! // Calls to `url` are served here.
//! # assert!(!url.ends_with(":0"));
//! drop(stop);
//! running.await??;
//! # Ok(())
//! # }
//! ```
//!
//! # Limits
//!
//! No client can take more than [`Limits`] (connections: their number, idle ones, unread responses) and [`CallLimits`] (messages:
//! their size, their memory, stalled ones) allow; the defaults suit a server on the internet. [`ServiceEntry`] sets a smaller
//! limit for the requests of a service or a method. A call over a limit fails with `RESOURCE_EXHAUSTED` or `DEADLINE_EXCEEDED`,
//! and a connection over a limit is closed with GOAWAY or 408. The caller's deadline (`grpc-timeout`, `connect-timeout-ms`)
//! applies to the layers and the service.
//!
//! # Logs and metrics
//!
//! Events go to `tracing`: at `INFO` the addresses and the shutdown, at `WARN` what an operator should know, such as
//! connections that cannot be accepted and calls aborted at the end of the shutdown, at `ERROR` a worker that has panicked.
//! Calls are not logged. [`Builder::metrics_listen`] serves Prometheus text with the duration of calls by method and status
//! (after OpenTelemetry's conventions for RPC), and connections.
//!
//! # Platforms
//!
//! Linux and macOS.
#![deny(missing_docs)]

mod bind;
mod bound;
mod builder;
mod error;
mod settings;

mod serve;

mod connection;

mod cors;
mod router;

mod page;
mod rpc;
mod standard;

mod messages;
mod metrics;
mod outbound;
mod probes;

mod accept_encoding;
mod activity;
mod close_reason;
mod drain;
mod health;
mod host;
mod info;
mod limits;
mod origin;
mod protocol;
mod response;
mod status_code;
mod timestamp;
mod tls;

pub use self::{
    bound::BoundServer,
    builder::{Builder, Server},
    error::{BindError, ListenError, ServeError, TlsError},
    health::{Health, HealthState},
    host::{HostName, InvalidHostName},
    info::{ConnectionInfo, TlsInfo},
    limits::Limits,
    messages::{CallLimits, SharedMessage, SharedMessages},
    origin::{InvalidOrigin, Origin},
    page::{MAX_PAGE_BYTES, MAX_PAGE_FILES, PageError},
    protocol::Protocol,
    rpc::{CallInfo, CallService, DescriptorError, ServiceEntry},
    serve::shutdown_signal,
    standard::STANDARD_DESCRIPTOR_SETS,
    tls::{ClientAuth, Tls},
};
