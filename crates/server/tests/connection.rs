//! `DescribeConnection`: the connection of a call as the server sees it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends where something fails")]

mod common;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use common::{Server, Wire, frame, full, post, program::Connection, send, soon};
use http::Version;
use increment_proto::v1::{DescribeConnectionResponse, TlsConnection};
use prost::Message;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    version::{TLS12, TLS13},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::Code;

const DESCRIBE: &str = "/increment.v1.ConnectionService/DescribeConnection";

async fn describe(server: &Server, wire: Wire) -> DescribeConnectionResponse {
    DescribeConnectionResponse::decode(soon(server.call(wire, DESCRIBE, &[])).await.unwrap()).unwrap()
}

fn http(wire: Wire) -> &'static str {
    if wire.version() == Version::HTTP_2 { "HTTP/2" } else { "HTTP/1.1" }
}

fn assert_is_recent(time: Option<prost_types::Timestamp>) {
    let time = SystemTime::try_from(time.unwrap()).unwrap();
    assert!(time.elapsed().unwrap() < Duration::from_secs(600), "{time:?}");
}

#[tokio::test]
async fn a_connection_with_tls_is_described() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let described = describe(&server, wire).await;
        assert!(described.peer_address.parse::<SocketAddr>().unwrap().ip().is_loopback(), "{wire:?}");
        assert_eq!(described.http_version, http(wire));
        assert_eq!(described.server_version, env!("CARGO_PKG_VERSION"));
        assert_is_recent(described.server_start_time);
        let TlsConnection { server_certificate, cipher_suite, .. } = described.tls.clone().unwrap();
        assert!(cipher_suite.starts_with("TLS13_"), "{cipher_suite}");
        let expected = TlsConnection {
            version: "TLSv1.3".into(),
            cipher_suite,
            key_exchange_group: "X25519MLKEM768".into(),
            alpn: if wire.version() == Version::HTTP_2 { "h2" } else { "http/1.1" }.into(),
            server_name: "localhost".into(),
            resumed: false,
            client_certificate_subject: String::new(),
            server_certificate: server_certificate.clone(),
        };
        assert_eq!(described.tls.unwrap(), expected, "{wire:?}");
        let certificate = server_certificate.unwrap();
        assert_eq!(certificate.subject, "CN=localhost");
        assert!(certificate.issuer.starts_with("CN=increment development CA "), "{certificate:?}");
        let expires = SystemTime::try_from(certificate.expires.unwrap()).unwrap();
        let left = expires.duration_since(SystemTime::now()).unwrap();
        assert_eq!(left.as_secs() / 86_400, 89);
    }
}

#[tokio::test]
async fn a_connection_in_clear_text_has_no_tls() {
    let server = Server::start().await;
    for wire in Wire::ALL {
        let mut connection = soon(Connection::open(server.http, wire)).await.unwrap();
        let message = soon(connection.call(wire, DESCRIBE, &[])).await.unwrap().unwrap();
        let described = DescribeConnectionResponse::decode(message).unwrap();
        assert_eq!((described.tls, described.http_version.as_str()), (None, http(wire)), "{wire:?}");
    }
}

#[tokio::test]
async fn each_call_learns_its_own_http_version_in_json_too() {
    let server = Server::start().await;
    for (version, name) in [(Version::HTTP_11, "HTTP/1.1"), (Version::HTTP_2, "HTTP/2")] {
        let response = soon(server.send(version, post(DESCRIBE, "application/json", full(b"{}")))).await;
        let described: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(described["httpVersion"], name);
        assert_eq!(described["tls"]["version"], "TLSv1.3");
        assert!(described["serverStartTime"].as_str().unwrap().ends_with('Z'));
    }
}

/// Calls twice, on two connections of one client.
async fn twice(
    server: &Server,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> [TlsConnection; 2] {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(server.certs.path().join("ca.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let mut described = Vec::new();
    for _ in 0..2 {
        let stream = TcpStream::connect(server.https).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = soon(connector.connect(name, stream)).await.unwrap();
        let request = post(DESCRIBE, "application/grpc-web+proto", full(&frame(&[])));
        let response = soon(send(Version::HTTP_11, stream, request)).await;
        let message = Wire::GrpcWebHttp1.read(response).unwrap();
        described.push(DescribeConnectionResponse::decode(message).unwrap().tls.unwrap());
    }
    described.try_into().unwrap()
}

#[tokio::test]
async fn a_resumed_session_is_reported() {
    let server = Server::start().await;
    let [first, second] = twice(&server, &[&TLS13]).await;
    assert!(!first.resumed && second.resumed);
    assert_eq!((first.version.as_str(), second.version.as_str()), ("TLSv1.3", "TLSv1.3"));
}

#[tokio::test]
async fn tls_1_2_is_reported() {
    let server = Server::start().await;
    let [first, _] = twice(&server, &[&TLS12]).await;
    assert_eq!(first.version, "TLSv1.2");
    assert!(first.cipher_suite.starts_with("TLS_ECDHE_"), "{first:?}");
    assert!(!first.key_exchange_group.is_empty());
}

#[tokio::test]
async fn asking_is_an_access_like_any_other() {
    let server = Server::start().await;
    describe(&server, Wire::Grpc).await;
    let counts = common::program::counts(server.http).await;
    assert_eq!(counts[&("DescribeConnection".to_owned(), "grpc".to_owned())], 1);
    let unknown = "/increment.v1.ConnectionService/Nope";
    let status = soon(server.call(Wire::Grpc, unknown, &[])).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}
