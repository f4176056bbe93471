//! `DescribeConnectionResponse` in ProtoJSON (<https://protobuf.dev/programming-guides/json/>).

use std::fmt::Write;

use increment_client::DescribeConnectionResponse;
use serde::Serialize;

/// Returns one line without control characters.
pub(super) fn text(message: &DescribeConnectionResponse) -> String {
    let json =
        serde_json::to_string(&Connection::from(message)).expect("the response consists of texts and flags");
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        // serde_json escapes control characters up to U+001F only; the others occur within strings.
        if character.is_control() {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

/// `increment.v1.DescribeConnectionResponse`. Unset messages and timestamps are omitted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection<'c> {
    peer_address: &'c str,
    http_version: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<Tls<'c>>,
    server_version: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_start_time: Option<String>,
}

/// `increment.v1.TlsConnection`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tls<'c> {
    version: &'c str,
    cipher_suite: &'c str,
    key_exchange_group: &'c str,
    alpn: &'c str,
    server_name: &'c str,
    resumed: bool,
    client_certificate_subject: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_certificate: Option<Certificate<'c>>,
}

/// `increment.v1.Certificate`.
#[derive(Serialize)]
struct Certificate<'c> {
    subject: &'c str,
    issuer: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

impl<'c> From<&'c DescribeConnectionResponse> for Connection<'c> {
    fn from(message: &'c DescribeConnectionResponse) -> Self {
        Self {
            peer_address: &message.peer_address,
            http_version: &message.http_version,
            tls: message.tls.as_ref().map(Tls::from),
            server_version: &message.server_version,
            server_start_time: message.server_start_time.map(|time| time.to_string()),
        }
    }
}

impl<'c> From<&'c increment_client::TlsConnection> for Tls<'c> {
    fn from(message: &'c increment_client::TlsConnection) -> Self {
        Self {
            version: &message.version,
            cipher_suite: &message.cipher_suite,
            key_exchange_group: &message.key_exchange_group,
            alpn: &message.alpn,
            server_name: &message.server_name,
            resumed: message.resumed,
            client_certificate_subject: &message.client_certificate_subject,
            server_certificate: message.server_certificate.as_ref().map(Certificate::from),
        }
    }
}

impl<'c> From<&'c increment_client::Certificate> for Certificate<'c> {
    fn from(message: &'c increment_client::Certificate) -> Self {
        Self {
            subject: &message.subject,
            issuer: &message.issuer,
            expires: message.expires.map(|time| time.to_string()),
        }
    }
}
