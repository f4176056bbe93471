//! `increment.v1.ConnectionService`: tells a caller what its connection is like from here.

use http::Version;
use increment_certs::CertificateInfo;
use increment_proto::v1::{
    Certificate, DescribeConnectionRequest, DescribeConnectionResponse, TlsConnection,
    connection_service_server::{ConnectionService, SERVICE_NAME},
};
use tonic::{Request, Response, Status, async_trait};

use crate::peer::{Encryption, Seen};

/// Describes the connection a call came on.
#[derive(Debug)]
pub(crate) struct Connection;

/// Whether calls of this path want to know what their connection is like.
pub(crate) fn asks_for_connection(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|path| path.starts_with(SERVICE_NAME))
}

#[async_trait]
impl ConnectionService for Connection {
    async fn describe_connection(
        &self,
        request: Request<DescribeConnectionRequest>,
    ) -> Result<Response<DescribeConnectionResponse>, Status> {
        let unknown = || Status::internal("this connection is not known");
        let seen = request.extensions().get::<Seen>().ok_or_else(unknown)?;
        Ok(Response::new(DescribeConnectionResponse {
            peer_address: seen.peer.address.to_string(),
            http_version: http_name(seen.version).into(),
            tls: seen.peer.tls.as_ref().map(|tls| told(tls, seen.server.certificate.as_ref())),
            server_version: env!("CARGO_PKG_VERSION").into(),
            server_start_time: Some(seen.server.started.into()),
        }))
    }
}

fn told(tls: &Encryption, certificate: Option<&CertificateInfo>) -> TlsConnection {
    let Encryption {
        version,
        cipher_suite,
        key_exchange_group,
        alpn,
        server_name,
        is_resumed,
        client_certificate_subject,
        is_client_verified: _,
    } = tls.clone();
    let certificate = certificate.cloned().map(|CertificateInfo { subject, issuer, expires }| Certificate {
        subject,
        issuer,
        expires: Some(expires.into()),
    });
    TlsConnection {
        version: version.into(),
        cipher_suite,
        key_exchange_group,
        alpn,
        server_name,
        resumed: is_resumed,
        client_certificate_subject,
        server_certificate: certificate,
    }
}

fn http_name(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "",
    }
}
