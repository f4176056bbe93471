//! A connection as a table: a line for each thing that is known, its name on the left. Must not know how it was learnt.

use std::time::SystemTime;

use increment_client::{Certificate, DescribeConnectionResponse, TlsConnection};
use prost_types::Timestamp;

use super::time;

/// What stands where a certificate or a time should.
const NOT_TOLD: &str = "the server does not tell";

type Row = (&'static str, String);

/// The lines below each other, as seen at the time `now`.
pub(super) fn text(told: &DescribeConnectionResponse, now: SystemTime) -> String {
    let connection =
        [("peer address", printable(&told.peer_address)), ("HTTP version", printable(&told.http_version))];
    let server = [
        ("server version", printable(&told.server_version)),
        ("server started", moment(told.server_start_time, now, time::up)),
    ];
    let rows: Vec<_> =
        connection.into_iter().chain(encryption(told.tls.as_ref(), now)).chain(server).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect::<Vec<_>>().join("\n")
}

fn encryption(tls: Option<&TlsConnection>, now: SystemTime) -> Vec<Row> {
    let Some(tls) = tls else {
        return vec![("encryption", "none: everything travels in clear text".into())];
    };
    let session = if tls.resumed { "resumed: an earlier one went on" } else { "new" };
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

/// The group, and whether what travels today stays secret from tomorrow's quantum computers.
fn key_exchange(tls: &TlsConnection) -> String {
    let group = printable(&tls.key_exchange_group);
    match &*group {
        "" if tls.resumed => "that of the earlier session".into(),
        "" => "none".into(),
        // The groups with ML-KEM (FIPS 203) have it in their names.
        _ if group.contains("MLKEM") => format!("{group} (post-quantum)"),
        _ => format!("{group} (not post-quantum)"),
    }
}

fn certificate(certificate: Option<&Certificate>, now: SystemTime) -> Vec<Row> {
    let Some(certificate) = certificate else {
        return vec![("server certificate", NOT_TOLD.into())];
    };
    vec![
        ("server certificate", printable(&certificate.subject)),
        ("  issued by", printable(&certificate.issuer)),
        ("  expires", moment(certificate.expires, now, time::left)),
    ]
}

/// A moment in UTC to the second, and in `words` how far from `now` it is.
fn moment(told: Option<Timestamp>, now: SystemTime, words: fn(SystemTime, SystemTime) -> String) -> String {
    let Some((told, moment)) = told.and_then(|told| Some((told, SystemTime::try_from(told).ok()?))) else {
        return NOT_TOLD.into();
    };
    format!("{}, {}", Timestamp { nanos: 0, ..told }, words(moment, now))
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "none".into() } else { printable(text) }
}

/// A server, and a client by its certificate, names itself: no name may move the cursor.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
