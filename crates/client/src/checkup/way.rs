//! The steps before a call: the name, TLS and the version of HTTP.

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

use super::{Finding, list};
use crate::{DialError, Protocol, dial::HTTP_1_1, place::Place, stream::H2, target::Trust};

/// How a client of HTTP/2 begins: the preface and a SETTINGS frame without settings (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type of a SETTINGS frame, with which a server of HTTP/2 begins (RFC 9113, section 6.5).
const SETTINGS: u8 = 4;

/// How much of an answer tells what it is, in bytes.
const MOST_OF_ANSWER: usize = 1024;

/// The bytes of a frame of HTTP/2 before its payload (RFC 9113, section 4.1).
const FRAME_HEAD: usize = 9;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// Says which addresses the host has.
pub(super) fn resolved(place: &Place, addresses: &[SocketAddr]) -> String {
    if place.host.parse::<IpAddr>().is_ok() {
        return format!("{} is an address", place.host);
    }
    let mut addresses: Vec<_> = addresses.iter().map(SocketAddr::ip).collect();
    addresses.dedup();
    format!("{} resolves to {}", place.host, list(addresses))
}

/// Whom to trust, leaving the choice of HTTP/2 or HTTP/1.1 to the server.
pub(super) fn offering_both(trust: &Trust) -> Trust {
    trust.offering(&[H2, HTTP_1_1])
}

/// Says how the connection is encrypted, and for how long that will work.
pub(super) fn encrypted(stream: &TlsStream<TcpStream>, place: &Place, trust: &Trust) -> String {
    let session = stream.get_ref().1;
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let days = session.peer_certificates().and_then(|chain| days_left(chain.first()?));
    let days = days.map(|days| format!(" valid for {days} days")).unwrap_or_default();
    format!("{version}, certificate of {}{days}, trusted by {}", place.host, trust.ca.display())
}

/// The whole days until a certificate expires.
fn days_left(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let left = certificate.validity().not_after.timestamp() - i64::try_from(now.as_secs()).ok()?;
    Some(left / SECONDS_OF_A_DAY)
}

/// Says which version of HTTP was agreed on by ALPN.
pub(super) fn agreed(
    stream: &TlsStream<TcpStream>,
    place: &Place,
    protocol: Protocol,
) -> Result<&'static str, Finding> {
    if stream.get_ref().1.alpn_protocol() == Some(H2) { Ok("HTTP/2") } else { http_1(place, protocol) }
}

/// Finds out which version of HTTP a server in clear speaks: nothing is agreed on there.
pub(super) async fn greet_in_clear(
    mut stream: TcpStream,
    place: &Place,
    protocol: Protocol,
) -> Result<&'static str, Finding> {
    let found = |trouble, seen: &str| Finding::new(trouble, format_args!("{} {seen}", place.address));
    let answer = answer_to_preface(&mut stream).await;
    let answer = answer.map_err(|error| found(Problem::IncompleteResponse, &error.to_string()))?;
    match &*answer {
        [_, _, _, SETTINGS, ..] => Ok("HTTP/2, without TLS"),
        // A TLS alert (RFC 8446, section 6), or what web servers say instead.
        [21, 3, ..] => Err(found(Problem::TlsRequired, "answers with a TLS alert")),
        text if text.starts_with(b"HTTP/1") => match String::from_utf8_lossy(text) {
            text if text.contains("HTTPS") => Err(found(Problem::TlsRequired, "says that it speaks HTTPS")),
            _ => http_1(place, protocol),
        },
        _ => Err(found(Problem::NotHttp, "does not speak HTTP")),
    }
}

/// The first bytes with which a server answers who begins with HTTP/2.
async fn answer_to_preface(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    stream.write_all(PREFACE).await?;
    let mut answer = Vec::with_capacity(MOST_OF_ANSWER);
    while answer.len() < FRAME_HEAD && stream.read_buf(&mut answer).await? > 0 {}
    Ok(answer)
}

fn http_1(place: &Place, protocol: Protocol) -> Result<&'static str, Finding> {
    match protocol {
        Protocol::GrpcWeb => Ok("HTTP/1.1, enough for gRPC-Web"),
        Protocol::Grpc => Err(DialError::NoHttp2 { address: place.address.clone() }.into()),
    }
}
