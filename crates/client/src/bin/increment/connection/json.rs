//! A connection as JSON, by the contract's names
//! (<https://protobuf.dev/programming-guides/json/>). Must not know how it was learnt.

use std::fmt::Write;

use increment_client::DescribeConnectionResponse;
use serde::Serialize;

/// One line; no byte of it moves the cursor.
pub(super) fn text(told: &DescribeConnectionResponse) -> String {
    let json = serde_json::to_string(&Connection::from(told)).expect("it holds text and flags only");
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        // Those up to U+001F are escaped already; all others are in texts.
        if character.is_control() {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
    }
    text
}

/// `increment.v1.DescribeConnectionResponse`; a message or a time that is not told is left out.
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
    fn from(told: &'c DescribeConnectionResponse) -> Self {
        Self {
            peer_address: &told.peer_address,
            http_version: &told.http_version,
            tls: told.tls.as_ref().map(Tls::from),
            server_version: &told.server_version,
            server_start_time: told.server_start_time.map(|time| time.to_string()),
        }
    }
}

impl<'c> From<&'c increment_client::TlsConnection> for Tls<'c> {
    fn from(told: &'c increment_client::TlsConnection) -> Self {
        Self {
            version: &told.version,
            cipher_suite: &told.cipher_suite,
            key_exchange_group: &told.key_exchange_group,
            alpn: &told.alpn,
            server_name: &told.server_name,
            resumed: told.resumed,
            client_certificate_subject: &told.client_certificate_subject,
            server_certificate: told.server_certificate.as_ref().map(Certificate::from),
        }
    }
}

impl<'c> From<&'c increment_client::Certificate> for Certificate<'c> {
    fn from(told: &'c increment_client::Certificate) -> Self {
        Self {
            subject: &told.subject,
            issuer: &told.issuer,
            expires: told.expires.map(|time| time.to_string()),
        }
    }
}
