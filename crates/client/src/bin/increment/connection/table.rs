//! `DescribeConnectionResponse` as a table: a line per property, its name on the left.

use std::time::SystemTime;

use increment_client::{Certificate, DescribeConnectionResponse, TlsConnection};
use prost_types::Timestamp;

use super::time;

/// In place of an unset certificate or timestamp.
const UNSET: &str = "not reported by the server";

type Row = (&'static str, String);

/// Returns the lines of the table. Durations are relative to `now`.
pub(super) fn text(response: &DescribeConnectionResponse, now: SystemTime) -> String {
    let connection = [
        ("peer address", printable(&response.peer_address)),
        ("HTTP version", printable(&response.http_version)),
    ];
    let server = [
        ("server version", printable(&response.server_version)),
        ("server started", moment(response.server_start_time, now, time::up)),
    ];
    let rows: Vec<_> =
        connection.into_iter().chain(encryption(response.tls.as_ref(), now)).chain(server).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect::<Vec<_>>().join("\n")
}

fn encryption(tls: Option<&TlsConnection>, now: SystemTime) -> Vec<Row> {
    let Some(tls) = tls else {
        return vec![("encryption", "none: all data is sent in clear text".into())];
    };
    let session = if tls.resumed { "resumed" } else { "new" };
    let mut rows = vec![
        ("TLS version", printable(&tls.version)),
        ("cipher suite", printable(&tls.cipher_suite)),
        ("key exchange", key_exchange(tls)),
        ("ALPN", or_none(&tls.alpn)),
        ("server name (SNI)", or_none(&tls.server_name)),
        ("session", session.into()),
        ("client certificate", or_none(&tls.client_certificate_subject)),
    ];
    rows.extend(certificate(tls.server_certificate.as_ref(), now));
    rows
}

/// Returns the group, and whether it is secure against quantum computers.
fn key_exchange(tls: &TlsConnection) -> String {
    let group = printable(&tls.key_exchange_group);
    match &*group {
        "" if tls.resumed => "that of the earlier session".into(),
        "" => "none".into(),
        // The names of groups with ML-KEM (FIPS 203) contain it.
        _ if group.contains("MLKEM") => format!("{group} (post-quantum)"),
        _ => format!("{group} (not post-quantum)"),
    }
}

fn certificate(certificate: Option<&Certificate>, now: SystemTime) -> Vec<Row> {
    let Some(certificate) = certificate else {
        return vec![("server certificate", UNSET.into())];
    };
    vec![
        ("server certificate", printable(&certificate.subject)),
        ("  issued by", printable(&certificate.issuer)),
        ("  expires", moment(certificate.expires, now, time::left)),
    ]
}

/// Returns a timestamp in UTC, to the second, and its distance from `now`.
fn moment(
    timestamp: Option<Timestamp>,
    now: SystemTime,
    distance: fn(SystemTime, SystemTime) -> String,
) -> String {
    let Some((timestamp, moment)) =
        timestamp.and_then(|timestamp| Some((timestamp, SystemTime::try_from(timestamp).ok()?)))
    else {
        return UNSET.into();
    };
    format!("{}, {}", Timestamp { nanos: 0, ..timestamp }, distance(moment, now))
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "none".into() } else { printable(text) }
}

/// Replaces control characters, since the texts are chosen by servers and clients and could contain terminal escape
/// sequences.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
