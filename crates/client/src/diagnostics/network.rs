//! The steps before a call: name resolution, TLS and the HTTP version.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{SystemTime, UNIX_EPOCH},
};

use increment_doctor::Problem;
use rustls::{ProtocolVersion, pki_types::CertificateDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::finding::Finding;
use crate::{
    alpn::{H2, HTTP_1_1},
    connect_error::ConnectError,
    endpoint::Endpoint,
    protocol::Protocol,
    target::TlsConfig,
};

/// The connection preface of an HTTP/2 client with an empty SETTINGS frame (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type of a SETTINGS frame, the first frame of an HTTP/2 server (RFC 9113, section 6.5).
const SETTINGS: u8 = 4;

/// The maximum of response bytes that are read to detect the protocol.
const MAX_RESPONSE: usize = 1024;

/// The length of an HTTP/2 frame header (RFC 9113, section 4.1).
const FRAME_HEADER: usize = 9;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

pub(super) fn describe_addresses(endpoint: &Endpoint, addresses: &[SocketAddr]) -> String {
    if endpoint.host.parse::<IpAddr>().is_ok() {
        return format!("{} is an address", endpoint.host);
    }
    let mut addresses: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    addresses.dedup();
    format!("{} resolves to {}", endpoint.host, addresses.join(", "))
}

/// Offers HTTP/2 and HTTP/1.1, in this order.
pub(super) fn with_both_http_versions(tls: &TlsConfig) -> TlsConfig {
    tls.with_alpn(&[H2, HTTP_1_1])
}

/// Returns the TLS version, the remaining validity of the certificate and the CA.
pub(super) fn describe_tls(stream: &TlsStream<TcpStream>, endpoint: &Endpoint, tls: &TlsConfig) -> String {
    let session = stream.get_ref().1;
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let days = session.peer_certificates().and_then(|chain| days_left(chain.first()?));
    let days = days.map(|days| format!(" valid for {days} days")).unwrap_or_default();
    format!("{version}, certificate of {}{days}, trusted by {}", endpoint.host, tls.ca.display())
}

/// Returns the whole days until a certificate expires.
fn days_left(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let left = certificate.validity().not_after.timestamp() - i64::try_from(now.as_secs()).ok()?;
    Some(left / SECONDS_PER_DAY)
}

/// Returns the HTTP version that was negotiated by ALPN.
pub(super) fn negotiated_http_version(
    stream: &TlsStream<TcpStream>,
    endpoint: &Endpoint,
    protocol: Protocol,
) -> Result<&'static str, Finding> {
    if stream.get_ref().1.alpn_protocol() == Some(H2) { Ok("HTTP/2") } else { http_1(endpoint, protocol) }
}

/// Detects the HTTP version of a server without TLS, where none is negotiated, by its response to an HTTP/2 preface.
pub(super) async fn detect_http_version(
    mut stream: TcpStream,
    endpoint: &Endpoint,
    protocol: Protocol,
) -> Result<&'static str, Finding> {
    let finding =
        |problem, observed: &str| Finding::new(problem, format_args!("{} {observed}", endpoint.address));
    let response = response_to_preface(&mut stream).await;
    let response = response.map_err(|error| finding(Problem::IncompleteResponse, &error.to_string()))?;
    match &*response {
        [_, _, _, SETTINGS, ..] => Ok("HTTP/2, without TLS"),
        // A TLS alert (RFC 8446, section 6), or the HTTP error that web servers send instead.
        [21, 3, ..] => Err(finding(Problem::TlsRequired, "responds with a TLS alert")),
        text if text.starts_with(b"HTTP/1") => match String::from_utf8_lossy(text) {
            text if text.contains("HTTPS") => {
                Err(finding(Problem::TlsRequired, "responds that it speaks HTTPS"))
            }
            _ => http_1(endpoint, protocol),
        },
        _ => Err(finding(Problem::NotHttp, "does not speak HTTP")),
    }
}

/// Returns the first bytes of the server's response to an HTTP/2 preface.
async fn response_to_preface(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    stream.write_all(PREFACE).await?;
    let mut response = Vec::with_capacity(MAX_RESPONSE);
    while response.len() < FRAME_HEADER && stream.read_buf(&mut response).await? > 0 {}
    Ok(response)
}

fn http_1(endpoint: &Endpoint, protocol: Protocol) -> Result<&'static str, Finding> {
    match protocol {
        Protocol::GrpcWeb => Ok("HTTP/1.1, sufficient for gRPC-Web"),
        Protocol::Grpc => Err(ConnectError::NoHttp2 { address: endpoint.address.clone() }.into()),
    }
}
