//! `increment.v1.ConnectionService`: the connection of a call as the server sees it.

use std::time::SystemTime;

use http::Version;
use increment_certs::CertificateInfo;
use increment_proto::v1::{
    Certificate, DescribeConnectionRequest, DescribeConnectionResponse, TlsConnection,
    connection_service_server::ConnectionService,
};
use oneport::{CallInfo, TlsInfo};
use tonic::{Request, Response, Status, async_trait};

/// Describes the connection that a call came on.
#[derive(Debug)]
pub(crate) struct Connection {
    /// When the server was started.
    pub(crate) started: SystemTime,
    /// The certificate that the server presents; none where it cannot be parsed.
    pub(crate) certificate: Option<CertificateInfo>,
}

#[async_trait]
impl ConnectionService for Connection {
    async fn describe_connection(
        &self,
        request: Request<DescribeConnectionRequest>,
    ) -> Result<Response<DescribeConnectionResponse>, Status> {
        let unknown = || Status::internal("this connection is not known");
        let call = request.extensions().get::<CallInfo>().ok_or_else(unknown)?;
        let connection = call.connection();
        Ok(Response::new(DescribeConnectionResponse {
            peer_address: connection.peer_address.to_string(),
            http_version: version_name(call.http_version()).into(),
            tls: connection.tls.as_ref().map(|tls| self.tls_to_proto(tls)),
            server_version: env!("CARGO_PKG_VERSION").into(),
            server_start_time: Some(self.started.into()),
        }))
    }
}

impl Connection {
    fn tls_to_proto(&self, tls: &TlsInfo) -> TlsConnection {
        let client = tls.client_certificates.first().and_then(CertificateInfo::parse);
        let server = self.certificate.clone().map(|CertificateInfo { subject, issuer, expires }| {
            Certificate { subject, issuer, expires: Some(expires.into()) }
        });
        TlsConnection {
            version: tls.version.into(),
            cipher_suite: tls.cipher_suite.clone(),
            key_exchange_group: tls.key_exchange_group.clone(),
            alpn: tls.alpn.clone(),
            server_name: tls.server_name.clone(),
            resumed: tls.is_resumed,
            client_certificate_subject: client.map(|client| client.subject).unwrap_or_default(),
            server_certificate: server,
        }
    }
}

fn version_name(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "",
    }
}
