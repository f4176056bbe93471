//! A server as its clients see it: its addresses, and the root of its certificate.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, Version};
use rustls::{
    ClientConfig, ConfigBuilder,
    client::WantsClientCert,
    pki_types::{CertificateDer, ServerName},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::Status;

use super::{
    body::{ReqBody, full},
    request::{post, send},
    wire::{Wire, frame, in_base64},
};

/// A server to call.
#[derive(Clone, Debug)]
pub struct Target {
    /// The address with TLS.
    pub https: SocketAddr,
    /// The address without TLS.
    pub http: SocketAddr,
    /// What the server's certificate is verified with.
    pub root: CertificateDer<'static>,
}

impl Target {
    /// A connection with TLS that offers these protocols.
    pub async fn tls(&self, alpn: &[&str]) -> TlsStream<TcpStream> {
        self.tls_with(alpn, ConfigBuilder::<ClientConfig, _>::with_no_client_auth).await
    }

    /// A connection with TLS; `client_auth` sets the certificate of the client.
    pub async fn tls_with(
        &self,
        alpn: &[&str],
        client_auth: impl FnOnce(ConfigBuilder<ClientConfig, WantsClientCert>) -> ClientConfig,
    ) -> TlsStream<TcpStream> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider().into();
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = client_auth(config);
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

    /// Calls with this message over TLS.
    pub async fn call(&self, wire: Wire, path: &str, message: &[u8]) -> Result<Bytes, Status> {
        self.call_raw(wire, path, &[], full(&frame(message))).await
    }

    /// Calls with these bytes as the body, which are encoded in base64 for gRPC-Web-text.
    pub async fn call_raw(
        &self,
        wire: Wire,
        path: &str,
        headers: &[(&'static str, &str)],
        body: ReqBody,
    ) -> Result<Bytes, Status> {
        wire.read(self.response(wire, path, headers, body).await)
    }

    /// Sends these messages; the messages of the response, and its status.
    pub async fn stream(
        &self,
        wire: Wire,
        path: &str,
        headers: &[(&'static str, &str)],
        messages: &[Vec<u8>],
    ) -> (Vec<Bytes>, Status) {
        let body: Vec<_> = messages.iter().flat_map(|message| frame(message)).collect();
        wire.read_all(self.response(wire, path, headers, full(&body)).await)
    }

    async fn response(
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
