//! The messages of a TLS 1.3 handshake (RFC 8446, section 2), with the values of a connection.

use super::{
    connection::{Connection, Tls},
    connection_facts::{UNKNOWN, expiry, or_none},
};

/// A handshake, as far as it is known from its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The name of the client: this browser, or a proxy.
    pub client: &'static str,
    /// What the handshake does, or why it is not described.
    pub outline: &'static str,
    /// The messages in order; none without TLS 1.3.
    pub steps: Vec<Step>,
}

/// A message of the handshake, or the mark between two.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The sender.
    pub from: Sender,
    /// The name of the message in RFC 8446.
    pub name: &'static str,
    /// Its content; empty for a mark.
    pub detail: String,
}

/// The sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The client.
    Client,
    /// The server.
    Server,
    /// Either, from here on.
    Both,
    /// Not a message, but a mark between two.
    Mark,
}

impl Sender {
    /// Returns the name in attributes, such as `client`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Both => "both",
            Self::Mark => "mark",
        }
    }
}

impl Handshake {
    /// Returns the handshake of a connection. Before the first response, it is the usual one without values, to avoid
    /// layout shifts.
    pub fn new(connection: Option<&Connection>) -> Self {
        let client = match connection {
            Some(connection) if connection.is_proxied() => "The proxy",
            _ => "This browser",
        };
        let (outline, steps) = match connection.map(|connection| connection.tls.as_ref()) {
            Some(None) => {
                ("None: without TLS no keys are exchanged, and neither side is authenticated.", Vec::new())
            }
            Some(Some(tls)) if !tls.is_1_3() => (
                "A version before TLS 1.3: one more round trip, and the certificate is sent in plaintext.",
                Vec::new(),
            ),
            Some(Some(tls)) if tls.is_resumed => (
                "One round trip before the first call. An earlier session is resumed: its ticket replaces the \
                 certificate, which is not sent again.",
                resumed(&Values::new(connection)),
            ),
            _ => (
                "One round trip before the first call: key exchange and authentication of the server.",
                full(&Values::new(connection)),
            ),
        };
        Self { client, outline, steps }
    }
}

/// The values of a connection that appear in its messages.
struct Values {
    group: String,
    cipher: String,
    alpn: String,
    /// The request for a server name, if there is one.
    requested: String,
    certificate: String,
    /// The subject of the client's certificate; empty without one.
    client: String,
    http: String,
}

impl Values {
    fn new(connection: Option<&Connection>) -> Self {
        let tls = connection.and_then(|connection| connection.tls.as_ref());
        let value = |of: fn(&Tls) -> String| tls.map_or(UNKNOWN.to_owned(), of);
        Self {
            group: value(|tls| or_none(&tls.group)),
            cipher: value(|tls| or_none(&tls.cipher)),
            alpn: value(|tls| or_none(&tls.alpn)),
            requested: match tls.map(|tls| tls.server_name.as_str()) {
                Some("") => String::new(),
                name => format!(" Requests {}.", name.unwrap_or(UNKNOWN)),
            },
            certificate: value(certificate),
            client: tls.map(|tls| tls.client.clone()).unwrap_or_default(),
            http: connection.map_or(UNKNOWN.to_owned(), |connection| connection.http.clone()),
        }
    }
}

fn certificate(tls: &Tls) -> String {
    let certificate = &tls.certificate;
    let (subject, issuer) = (or_none(&certificate.subject), or_none(&certificate.issuer));
    format!("{subject}, issued by {issuer}, {}", expiry(certificate))
}

/// Returns the messages of a full handshake, with the client's certificate if there is one.
fn full(values: &Values) -> Vec<Step> {
    let Values { group, cipher, alpn, requested, .. } = values;
    let has_client_certificate = !values.client.is_empty();
    let mut steps = vec![
        client("ClientHello", format!("Offers {group}, {alpn} and others.{requested}")),
        server("ServerHello", format!("Selects {group} and {cipher}.")),
    ];
    steps.extend(encrypted_from_here(values));
    if has_client_certificate {
        steps.push(server("CertificateRequest", "Requests a client certificate."));
    }
    steps.push(server("Certificate", &values.certificate));
    steps.push(server("CertificateVerify", "Signs all of the above with the certificate’s key."));
    steps.push(server_finished());
    if has_client_certificate {
        steps.push(client("Certificate", &values.client));
        steps.push(client("CertificateVerify", "Signs all of the above likewise."));
    }
    steps.extend(end(values));
    steps
}

/// Returns the messages of the handshake that resumes an earlier session.
fn resumed(values: &Values) -> Vec<Step> {
    let Values { group, cipher, alpn, requested, .. } = values;
    let mut steps = vec![
        client("ClientHello", format!("Offers {group}, {alpn} and others.{requested} Sends a ticket.")),
        server("ServerHello", format!("Selects {group} and {cipher}. Accepts the ticket.")),
    ];
    steps.extend(encrypted_from_here(values));
    steps.push(server_finished());
    steps.extend(end(values));
    steps
}

fn encrypted_from_here(values: &Values) -> [Step; 2] {
    let mark = Step { from: Sender::Mark, name: "Encrypted from here on", detail: String::new() };
    [mark, server("EncryptedExtensions", format!("Protocol: {}", values.alpn))]
}

fn server_finished() -> Step {
    server("Finished", "A MAC of all of the above.")
}

fn end(values: &Values) -> [Step; 2] {
    let data = format!("Requests and responses in {}", values.http);
    [
        client("Finished", "The same from this side."),
        Step { from: Sender::Both, name: "Application data", detail: data },
    ]
}

fn client(name: &'static str, detail: impl Into<String>) -> Step {
    Step { from: Sender::Client, name, detail: detail.into() }
}

fn server(name: &'static str, detail: impl Into<String>) -> Step {
    Step { from: Sender::Server, name, detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connection::tests::{connection, from_browser, plaintext, with_tls};

    fn handshake(connection: &Connection) -> Handshake {
        Handshake::new(Some(connection))
    }

    /// Returns the messages in order, each with an arrow for its direction.
    fn messages(handshake: &Handshake) -> Vec<String> {
        let messages = handshake.steps.iter().filter_map(|step| match step.from {
            Sender::Client => Some(format!("> {}", step.name)),
            Sender::Server => Some(format!("< {}", step.name)),
            Sender::Both | Sender::Mark => None,
        });
        messages.collect()
    }

    /// Returns the content of the first message with this name.
    fn detail_of(connection: &Connection, name: &str) -> String {
        let step = handshake(connection).steps.into_iter().find(|step| step.name == name);
        step.map(|step| step.detail).unwrap_or_default()
    }

    #[test]
    fn a_full_handshake_has_the_messages_of_rfc_8446() {
        let expected = [
            "> ClientHello",
            "< ServerHello",
            "< EncryptedExtensions",
            "< Certificate",
            "< CertificateVerify",
            "< Finished",
            "> Finished",
        ];
        assert_eq!(messages(&handshake(&connection())), expected);
        assert_eq!(
            messages(&Handshake::new(None)),
            expected,
            "every line is present before the first response"
        );
    }

    #[test]
    fn messages_from_the_second_on_are_encrypted() {
        let names = handshake(&connection()).steps.into_iter().map(|step| (step.from, step.name));
        assert_eq!(names.collect::<Vec<_>>()[2], (Sender::Mark, "Encrypted from here on"));
    }

    #[test]
    fn a_resumed_session_has_no_certificate() {
        let resumed = with_tls(|tls| tls.is_resumed = true);
        let expected =
            ["> ClientHello", "< ServerHello", "< EncryptedExtensions", "< Finished", "> Finished"];
        assert_eq!(messages(&handshake(&resumed)), expected);
        assert!(handshake(&resumed).outline.ends_with("not sent again."));
        assert!(detail_of(&resumed, "ClientHello").ends_with("Requests localhost. Sends a ticket."));
        assert!(detail_of(&resumed, "ServerHello").ends_with("Accepts the ticket."));
    }

    #[test]
    fn a_client_certificate_is_part_of_the_handshake() {
        let messages = messages(&handshake(&with_tls(|tls| tls.client = "CN=caller".to_owned())));
        assert_eq!(messages[3], "< CertificateRequest");
        assert_eq!(messages[7..], ["> Certificate", "> CertificateVerify", "> Finished"]);
    }

    #[test]
    fn messages_have_the_values_of_the_connection() {
        for (name, expected) in [
            ("ClientHello", "Offers X25519MLKEM768, h2 and others. Requests localhost."),
            ("ServerHello", "Selects X25519MLKEM768 and TLS13_AES_256_GCM_SHA384."),
            ("EncryptedExtensions", "Protocol: h2"),
            ("Certificate", "CN=localhost, issued by CN=some CA, 89 days left"),
            ("Application data", "Requests and responses in HTTP/2"),
        ] {
            assert_eq!(detail_of(&connection(), name), expected, "{name}");
        }
    }

    #[test]
    fn absent_values_are_none() {
        let absent = with_tls(|tls| {
            tls.alpn.clear();
            tls.server_name.clear();
        });
        assert_eq!(detail_of(&absent, "ClientHello"), "Offers X25519MLKEM768, none and others.");
        assert_eq!(detail_of(&absent, "EncryptedExtensions"), "Protocol: none");
    }

    #[test]
    fn without_tls_1_3_a_reason_replaces_the_messages() {
        let older = with_tls(|tls| tls.version = "TLSv1.2".to_owned());
        for (connection, reason) in [(plaintext(), "None: "), (older, "A version before")] {
            let handshake = handshake(&connection);
            assert!(handshake.outline.starts_with(reason) && handshake.steps.is_empty());
        }
    }

    #[test]
    fn behind_a_proxy_the_client_is_the_proxy() {
        assert_eq!(handshake(&connection()).client, "This browser");
        assert_eq!(handshake(&from_browser("http/1.1", false)).client, "The proxy");
    }
}
