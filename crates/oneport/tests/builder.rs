//! The public interface: building, binding and running a server, layers, and errors.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    convert::Infallible,
    net::TcpListener,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use common::{
    ANY_PORT, Server, Wire, certificate,
    connect::{VERSIONS, assert_error, post_json},
    contract::{self, ADD_ONE, Calls, FILE_DESCRIPTOR_SET, FORMAT, proto},
    frame, full, post, soon,
};
use futures_util::future::{Either, Ready, ready};
use http::{Request, Response, StatusCode, Version};
use oneport::{BindError, CallInfo, CallService, ServiceEntry};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tonic::{Code, Status, async_trait, body::Body};
use tower::{Service, layer::layer_fn};

const NUMBERS: &str = "test.v1.NumberService";

#[tokio::test]
async fn a_server_runs_on_a_free_port_until_its_shutdown() {
    let bound = contract::builder(&Calls::default()).plaintext_listen(ANY_PORT).bind().await.unwrap();
    let urls = bound.urls().unwrap();
    let [url] = &urls[..] else { panic!("{urls:?}") };
    let address = url.strip_prefix("http://").unwrap().to_owned();
    assert!(!address.ends_with(":0"));
    assert_eq!(bound.metrics_url().unwrap(), None);
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(bound.run(async { drop(stopped.await) }));
    let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = post(FORMAT, "application/grpc", full(&frame(&[8, 41])));
    let message = Wire::Grpc.read(soon(common::send(Version::HTTP_2, stream, request)).await).unwrap();
    assert!(message.ends_with(b"41, 42"));
    drop(stop);
    soon(running).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
}

/// Records each call, and rejects those of `Formatter`.
#[derive(Clone)]
struct Gate {
    inner: CallService,
    seen: Arc<Mutex<Vec<CallInfo>>>,
}

impl Service<Request<Body>> for Gate {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        Either<<CallService as Service<Request<Body>>>::Future, Ready<Result<Response<Body>, Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let call: &CallInfo = request.extensions().get().unwrap();
        self.seen.lock().unwrap().push(call.clone());
        if call.service() == Some("Formatter") {
            return Either::Right(ready(Ok(Status::permission_denied("not here").into_http())));
        }
        Either::Left(self.inner.call(request))
    }
}

async fn gated() -> (Server, Arc<Mutex<Vec<CallInfo>>>) {
    let (calls, seen) = (Calls::default(), Arc::<Mutex<Vec<_>>>::default());
    let gate = layer_fn({
        let seen = Arc::clone(&seen);
        move |inner| Gate { inner, seen: Arc::clone(&seen) }
    });
    (Server::from_builder(contract::builder(&calls).layer(gate), calls).await, seen)
}

#[tokio::test]
async fn a_layer_gets_the_call_info_over_every_protocol() {
    let (server, seen) = gated().await;
    for wire in Wire::ALL {
        soon(server.call(wire, ADD_ONE, &[8, 41])).await.unwrap();
    }
    for version in VERSIONS {
        assert_eq!(post_json(&server, version, ADD_ONE, &[], "{}").await.0, StatusCode::OK);
    }
    let unknown = soon(server.call(Wire::Grpc, "/test.v1.NumberService/Nope", &[])).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Unimplemented);
    let seen = seen.lock().unwrap();
    let protocols: Vec<_> = seen.iter().map(|call| (call.protocol().name(), call.http_version())).collect();
    let expected = [
        ("grpc", Version::HTTP_2),
        ("grpc-web", Version::HTTP_2),
        ("grpc-web", Version::HTTP_11),
        ("grpc-web-text", Version::HTTP_11),
        ("connect", Version::HTTP_11),
        ("connect", Version::HTTP_2),
        ("grpc", Version::HTTP_2),
    ];
    assert_eq!(protocols, expected);
    let (unknown, known) = seen.split_last().unwrap();
    assert_eq!((unknown.service(), unknown.method()), (None, None));
    for call in known {
        assert_eq!((call.service(), call.method()), (Some(NUMBERS), Some("AddOne")));
        assert!(!call.is_cross_site());
        let connection = call.connection();
        assert_eq!(connection.local_address, server.https);
        assert!(connection.peer_address.ip().is_loopback());
        let tls = connection.tls.as_ref().unwrap();
        assert_eq!((tls.version, &*tls.server_name, tls.is_resumed), ("TLSv1.3", "localhost", false));
        assert!(tls.client_certificates.is_empty());
    }
}

#[tokio::test]
async fn a_layer_rejects_calls_over_every_protocol() {
    let (server, seen) = gated().await;
    for wire in Wire::ALL {
        let status = soon(server.call(wire, FORMAT, &[8, 41])).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::PermissionDenied, "not here"), "{wire:?}");
    }
    for version in VERSIONS {
        assert_error(post_json(&server, version, FORMAT, &[], "{}").await, 403, "permission_denied");
    }
    assert_eq!(seen.lock().unwrap().len(), 6);
    assert!(server.calls.counts().is_empty(), "the outer layer rejects before the inner one");
}

struct Formatter;

#[async_trait]
impl proto::formatter::formatter_server::Formatter for Formatter {}

fn formatter(descriptors: &'static [u8]) -> ServiceEntry {
    ServiceEntry::new(proto::formatter::formatter_server::FormatterServer::new(Formatter), descriptors)
}

#[tokio::test]
async fn a_service_that_cannot_be_registered_is_a_bind_error() {
    let builder = || oneport::Server::builder().plaintext_listen(ANY_PORT);
    for (builder, reason) in [
        (
            builder().register(formatter(FILE_DESCRIPTOR_SET)).register(formatter(FILE_DESCRIPTOR_SET)),
            "it is registered already",
        ),
        (builder().register(formatter(b"not protobuf")), "its file descriptor set is invalid"),
        (
            builder().register(formatter(tonic_health::pb::FILE_DESCRIPTOR_SET)),
            "its file descriptor set does not describe it",
        ),
    ] {
        let error = builder.bind().await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains("Formatter") && message.contains(reason), "{message}");
        assert!(matches!(error, BindError::Service(error) if error.service == "Formatter"));
    }
}

#[tokio::test]
async fn what_cannot_be_bound_is_a_bind_error_with_its_address_or_path() {
    let no_certificate = oneport::Server::builder().listen(ANY_PORT).bind().await.unwrap_err();
    assert!(matches!(no_certificate, BindError::NoCertificate(_)), "{no_certificate}");

    let taken = TcpListener::bind(ANY_PORT).unwrap().local_addr().unwrap();
    let _listener = TcpListener::bind(taken).unwrap();
    let (tls, _) = certificate();
    let in_use = oneport::Server::builder().tls(tls).listen(taken).bind().await.unwrap_err();
    assert!(matches!(&in_use, BindError::Listen(error) if error.address == taken), "{in_use}");
    assert!(in_use.to_string().contains("another program uses this port"), "{in_use}");

    let folder = TempDir::new().unwrap();
    let no_index =
        oneport::Server::builder().plaintext_listen(ANY_PORT).page(folder.path()).bind().await.unwrap_err();
    assert!(matches!(no_index, BindError::Page(_)), "{no_index}");
    assert!(no_index.to_string().contains(&folder.path().display().to_string()), "{no_index}");
}
