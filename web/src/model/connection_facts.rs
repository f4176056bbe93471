//! What both ends report about a connection, as text: a summary of the encryption, and a list of facts.

use super::{
    connection::{Certificate, Connection, ConnectionState, Tls},
    overdue::NO_RESPONSE,
};

/// A name and a value.
pub type Fact = (&'static str, String);

/// The text of a value before the first response.
pub(super) const UNKNOWN: &str = "…";

/// Returns the encryption in one or two sentences, or the failure of the last call.
pub fn summary(state: &ConnectionState) -> String {
    let mut summary = match (state.failure(), state.connection()) {
        (None, None) => "Asking the server to describe this connection…".to_owned(),
        (None, Some(connection)) => encryption(connection),
        (Some(failure), _) => format!("{}. {}", failure.title(), failure.description()),
    };
    if state.failure().is_some() && state.connection().is_some() {
        summary += " This is the last known state.";
    }
    if state.is_overdue() {
        summary = format!("{summary} {NO_RESPONSE}");
    }
    summary
}

/// Describes who can read the traffic.
fn encryption(connection: &Connection) -> String {
    let (reader, proxy) = if connection.is_proxied() {
        let own = connection.browser.description();
        let proxy = format!(
            "A proxy is in between: this page uses {own} to it. What follows is the proxy’s connection to the server. "
        );
        ("the proxy", proxy)
    } else {
        ("this browser", String::new())
    };
    let encryption = match &connection.tls {
        None => "Not encrypted: anyone on the network path can read and change the traffic.".to_owned(),
        Some(tls) => {
            let recording = " A recording cannot be decrypted by a quantum computer either.";
            let recording = if tls.is_post_quantum() { recording } else { "" };
            format!("Encrypted: only {reader} and the server can read the traffic.{recording}")
        }
    };
    proxy + &encryption
}

/// Returns the facts. Before the first response, they are those of TLS without values, to avoid layout shifts.
pub fn facts(connection: Option<&Connection>) -> Vec<Fact> {
    let value = |of: fn(&Connection) -> String| connection.map_or(UNKNOWN.to_owned(), of);
    let tls_value = |of: fn(&Tls) -> String| match connection {
        None => UNKNOWN.to_owned(),
        Some(connection) => connection.tls.as_ref().map_or("none".to_owned(), of),
    };
    let mut facts = vec![
        ("Protocol", value(|connection| format!("gRPC-Web over {}", connection.http))),
        ("Encryption", tls_value(encryption_value)),
    ];
    if connection.is_none_or(|connection| connection.tls.is_some()) {
        facts.extend([
            ("Cipher", tls_value(|tls| or_none(&tls.cipher))),
            ("Key exchange", tls_value(key_exchange)),
            ("ALPN", tls_value(|tls| or_none(&tls.alpn))),
            (
                "Certificate",
                tls_value(|tls| {
                    format!("{}, {}", or_none(&tls.certificate.subject), expiry(&tls.certificate))
                }),
            ),
            ("Issued by", tls_value(|tls| or_none(&tls.certificate.issuer))),
        ]);
    }
    facts.push(("Browser", value(timings)));
    facts.push((
        "Server",
        value(|connection| format!("{}, called from {}", connection.server_version, connection.peer)),
    ));
    facts
}

fn encryption_value(tls: &Tls) -> String {
    let session = if tls.is_resumed { "resumed" } else { "new" };
    format!("{}, {session} session", tls.version)
}

fn key_exchange(tls: &Tls) -> String {
    let not = if tls.is_post_quantum() { "" } else { "not " };
    format!("{}, {not}post-quantum", or_none(&tls.group))
}

/// Returns the days until a certificate expires, such as `89 days left`.
pub(super) fn expiry(certificate: &Certificate) -> String {
    match certificate.days_left {
        None => UNKNOWN.to_owned(),
        Some(1) => "1 day left".to_owned(),
        Some(..=-1) => "expired".to_owned(),
        Some(days) => format!("{days} days left"),
    }
}

/// Returns a value that may be absent.
pub(super) fn or_none(value: &str) -> String {
    if value.is_empty() { "none".to_owned() } else { value.to_owned() }
}

/// Formats the browser's timings.
fn timings(connection: &Connection) -> String {
    let browser = &connection.browser;
    let connect_timing = browser.connect_timing;
    let mut text = if browser.protocol.is_empty() { UNKNOWN.to_owned() } else { browser.protocol.clone() };
    for (name, elapsed) in [
        ("TCP", connect_timing.map(|timing| timing.connect)),
        ("TLS", connect_timing.and_then(|timing| timing.tls)),
        ("first byte", browser.first_byte),
    ] {
        if let Some(elapsed) = elapsed {
            text = format!("{text}, {name} {elapsed}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        connection::tests::{connection, from_browser, loaded, plaintext, with_tls},
        failure::{Failure, Kind},
    };

    fn fail(state: &mut ConnectionState) {
        state.update(Err(Failure { kind: Kind::Rejected, code: 12, message: "not <found>".to_owned() }));
    }

    fn value_of(connection: &Connection, name: &str) -> String {
        let fact = facts(Some(connection)).into_iter().find(|fact| fact.0 == name);
        fact.map(|fact| fact.1).unwrap_or_default()
    }

    #[test]
    fn facts_have_the_values_of_the_connection() {
        let expected = [
            ("Protocol", "gRPC-Web over HTTP/2"),
            ("Encryption", "TLSv1.3, new session"),
            ("Cipher", "TLS13_AES_256_GCM_SHA384"),
            ("Key exchange", "X25519MLKEM768, post-quantum"),
            ("ALPN", "h2"),
            ("Certificate", "CN=localhost, 89 days left"),
            ("Issued by", "CN=some CA"),
            ("Browser", "h2, TCP 0.4\u{a0}ms, TLS 3.1\u{a0}ms, first byte 2.0\u{a0}ms"),
            ("Server", "0.1.0, called from 127.0.0.1:49152"),
        ];
        assert_eq!(facts(Some(&connection())), expected.map(|(name, value)| (name, value.to_owned())));
        let unknown = expected.map(|(name, _)| (name, UNKNOWN.to_owned()));
        assert_eq!(facts(None), unknown, "every fact is present before the first response");
    }

    #[test]
    fn plaintext_has_no_facts_of_tls() {
        let names = facts(Some(&plaintext())).into_iter().map(|fact| fact.0).collect::<Vec<_>>();
        assert_eq!(names, ["Protocol", "Encryption", "Browser", "Server"]);
        assert_eq!(value_of(&plaintext(), "Encryption"), "none");
    }

    #[test]
    fn a_resumed_session_is_a_fact() {
        let resumed = with_tls(|tls| tls.is_resumed = true);
        assert!(value_of(&resumed, "Encryption").ends_with("resumed session"));
    }

    #[test]
    fn days_and_groups_are_described() {
        for (days, expected) in
            [(None, "…"), (Some(-1), "expired"), (Some(0), "0 days left"), (Some(1), "1 day left")]
        {
            let certificate = value_of(&with_tls(|tls| tls.certificate.days_left = days), "Certificate");
            assert_eq!(certificate, format!("CN=localhost, {expected}"));
        }
        let older = with_tls(|tls| tls.group = "X25519".to_owned());
        assert!(!summary(&loaded(older.clone())).contains("quantum"));
        assert_eq!(value_of(&older, "Key exchange"), "X25519, not post-quantum");
    }

    #[test]
    fn absent_values_are_none() {
        let absent = with_tls(|tls| tls.alpn.clear());
        assert_eq!(value_of(&absent, "ALPN"), "none");
    }

    #[test]
    fn behind_a_proxy_the_connection_is_that_of_the_proxy() {
        let summary = summary(&loaded(from_browser("http/1.1", false)));
        assert!(summary.starts_with("A proxy is in between: this page uses HTTP/1.1 in plaintext to it."));
        assert!(summary.contains("server. Encrypted: only the proxy and the server can read"), "{summary}");
    }

    #[test]
    fn the_summary_covers_every_state() {
        let mut unknown = ConnectionState::default();
        assert!(summary(&unknown).starts_with("Asking"));
        unknown.mark_overdue();
        assert!(summary(&unknown).ends_with(NO_RESPONSE));
        fail(&mut unknown);
        assert!(summary(&unknown).ends_with("not <found>"));
        assert!(summary(&loaded(plaintext())).starts_with("Not encrypted"));
        let mut known = loaded(connection());
        assert_eq!(
            summary(&known),
            "Encrypted: only this browser and the server can read the traffic. A recording cannot be decrypted \
             by a quantum computer either."
        );
        fail(&mut known);
        assert!(summary(&known).ends_with("not <found> This is the last known state."));
    }

    #[test]
    fn names_in_a_certificate_are_not_changed() {
        let name = "CN=<img src=x> & \"co\" %h";
        let hostile = with_tls(|tls| tls.certificate.issuer = name.to_owned());
        assert_eq!(value_of(&hostile, "Issued by"), name);
    }
}
