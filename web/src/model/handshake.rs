//! Renders a connection as markup: its facts, and the messages of its TLS 1.3 handshake (RFC 8446, section 2) with its own
//! values. From templates: code for each line would add 2 kilobytes to the page.

use super::{
    connection::{Certificate, Connection, ConnectionState, Tls},
    failure::Failure,
    overdue::NO_RESPONSE,
};

// Each line starts with its condition, a dot for always: see `Values::applies`. A percent sign and a letter are the
// placeholder of a value: see `Values::get`.

/// The encryption in one or two sentences, or the failure.
const SUMMARY: &str = "\
AAsking the server to describe this connection…
F%w. %W
L This is the last known state.
PA proxy is in between: this page uses %o to it. What follows is the proxy’s connection to the server.\u{20}
XNot encrypted: anyone on the network path can read and change the traffic.
TEncrypted: only %l and the server can read the traffic.
Q A recording cannot be decrypted by a quantum computer either.
N %N";

/// The facts, and the messages of the handshake between two lifelines.
const DETAILS: &str = "\
.<dl>
.<div data-line=fact><dt>Protocol<dd>gRPC-Web over %h</div>
x<div data-line=fact><dt>Encryption<dd>none</div>
t<div data-line=fact><dt>Encryption<dd>%v%s</div>
t<div data-line=fact><dt>Cipher<dd>%c</div>
t<div data-line=fact><dt>Key exchange<dd>%g%q</div>
t<div data-line=fact><dt>ALPN<dd>%a</div>
t<div data-line=fact><dt>Certificate<dd>%C, %d</div>
t<div data-line=fact><dt>Issued by<dd>%i</div>
.<div data-line=fact><dt>Browser<dd>%b</div>
.<div data-line=fact><dt>Server<dd>%V, called from %p</div>
.</dl><h3>The handshake</h3><p>
xNone: without TLS no keys are exchanged, and neither side is authenticated.
2A version before TLS 1.3: one more round trip, and the certificate is sent in plaintext.
fOne round trip before the first call: key exchange and authentication of the server.
rOne round trip before the first call. An earlier session is resumed: its ticket replaces the certificate, which is not sent again.
3<dl class=ladder><div data-line=ends><dt>%L<dd>The server</div>
3<div data-line=client><dt>ClientHello<dd>Offers %g, %a and others.
n Requests %n.
r Sends a ticket.
3</div><div data-line=server><dt>ServerHello<dd>Selects %g and %c.
r Accepts the ticket.
3</div><div data-line=mark><dt>Encrypted from here on</div>
3<div data-line=server><dt>EncryptedExtensions<dd>Protocol: %a</div>
m<div data-line=server><dt>CertificateRequest<dd>Requests a client certificate.</div>
f<div data-line=server><dt>Certificate<dd>%C, issued by %i, %d</div>
f<div data-line=server><dt>CertificateVerify<dd>Signs all of the above with the certificate’s key.</div>
3<div data-line=server><dt>Finished<dd>A MAC of all of the above.</div>
m<div data-line=client><dt>Certificate<dd>%k</div>
m<div data-line=client><dt>CertificateVerify<dd>Signs all of the above likewise.</div>
3<div data-line=client><dt>Finished<dd>The same from this side.</div>
3<div data-line=both><dt>Application data<dd>Requests and responses in %h</div></dl>";

/// Renders the encryption in one or two sentences, or the failure.
pub fn summary(state: &ConnectionState) -> String {
    Values::new(state).render(SUMMARY)
}

/// Renders the facts and the handshake. The number of lines is the same before the first response, to avoid layout shifts.
pub fn details(state: &ConnectionState) -> String {
    Values::new(state).render(DETAILS)
}

/// The values of the templates.
struct Values<'a> {
    connection: Option<&'a Connection>,
    tls: Option<&'a Tls>,
    failure: Option<&'a Failure>,
    is_overdue: bool,
    days_left: String,
    timings: String,
}

impl<'a> Values<'a> {
    fn new(state: &'a ConnectionState) -> Self {
        let connection = state.connection();
        let tls = connection.and_then(|connection| connection.tls.as_ref());
        Self {
            connection,
            tls,
            failure: state.failure(),
            is_overdue: state.is_overdue(),
            days_left: tls.map_or_else(unknown, |tls| days_left(&tls.certificate)),
            timings: connection.map_or_else(unknown, timings),
        }
    }

    /// Renders the lines whose condition applies. Values are escaped.
    fn render(&self, template: &str) -> String {
        let mut html = String::new();
        for line in template.lines().filter(|line| self.applies(line.as_bytes()[0])) {
            let mut pieces = line[1..].split('%');
            html.extend(pieces.next());
            for piece in pieces {
                for character in self.get(piece.as_bytes()[0]).chars() {
                    match character {
                        '<' => html.push_str("&lt;"),
                        '&' => html.push_str("&amp;"),
                        _ => html.push(character),
                    }
                }
                html.push_str(&piece[1..]);
            }
        }
        html
    }

    /// Returns whether a condition applies. Lowercase conditions apply to an unknown connection as to the usual one.
    fn applies(&self, condition: u8) -> bool {
        let has_succeeded = self.failure.is_none();
        let is_known = self.connection.is_some();
        let is_current = has_succeeded && is_known;
        let is_tls = !is_known || self.tls.is_some();
        let is_tls_1_3 = self.tls.is_none_or(|tls| tls.version == "TLSv1.3");
        let is_resumed = self.tls.is_some_and(|tls| tls.is_resumed);
        match condition {
            b'A' => has_succeeded && !is_known,
            b'N' => self.is_overdue,
            b'F' => !has_succeeded,
            b'L' => !has_succeeded && is_known,
            b'P' => is_current && self.is_proxied(),
            b'X' => is_current && !is_tls,
            b'T' => is_current && is_tls,
            b'Q' => is_current && self.tls.is_some_and(Tls::is_post_quantum),
            b'x' => !is_tls,
            b't' => is_tls,
            b'2' => is_tls && !is_tls_1_3,
            b'3' => is_tls && is_tls_1_3,
            b'f' => is_tls && is_tls_1_3 && !is_resumed,
            b'r' => is_tls && is_tls_1_3 && is_resumed,
            b'm' => is_tls && is_tls_1_3 && !is_resumed && self.tls.is_some_and(|tls| !tls.client.is_empty()),
            b'n' => is_tls && is_tls_1_3 && self.tls_field(|tls| &tls.server_name) != NONE,
            _ => true,
        }
    }

    /// Returns the value of a placeholder.
    fn get(&self, placeholder: u8) -> &str {
        let of_connection = |field: fn(&Connection) -> &str| self.connection.map_or(UNKNOWN, field);
        let of_failure = |field: fn(&Failure) -> &str| self.failure.map_or("", field);
        match placeholder {
            b'N' => NO_RESPONSE,
            b'w' => of_failure(|failure| failure.title()),
            b'W' => of_failure(Failure::description),
            b'o' => of_connection(|connection| connection.browser.description()),
            b'l' if self.is_proxied() => "the proxy",
            b'l' => "this browser",
            b'L' if self.is_proxied() => "The proxy",
            b'L' => "This browser",
            b'h' => of_connection(|connection| &connection.http),
            b'v' => self.tls_field(|tls| &tls.version),
            b's' => match self.tls {
                None => "",
                Some(tls) if tls.is_resumed => ", resumed session",
                Some(_) => ", new session",
            },
            b'c' => self.tls_field(|tls| &tls.cipher),
            b'g' => self.tls_field(|tls| &tls.group),
            b'q' => match self.tls {
                None => "",
                Some(tls) if tls.is_post_quantum() => ", post-quantum",
                Some(_) => ", not post-quantum",
            },
            b'a' => self.tls_field(|tls| &tls.alpn),
            b'n' => self.tls_field(|tls| &tls.server_name),
            b'C' => self.tls_field(|tls| &tls.certificate.subject),
            b'i' => self.tls_field(|tls| &tls.certificate.issuer),
            b'd' => &self.days_left,
            b'k' => self.tls_field(|tls| &tls.client),
            b'b' => &self.timings,
            b'V' => of_connection(|connection| &connection.server_version),
            _ => of_connection(|connection| &connection.peer),
        }
    }

    fn tls_field(&self, field: fn(&Tls) -> &str) -> &str {
        match self.tls.map(field) {
            None => UNKNOWN,
            Some("") => NONE,
            Some(text) => text,
        }
    }

    fn is_proxied(&self) -> bool {
        self.connection.is_some_and(Connection::is_proxied)
    }
}

/// The placeholder text of an unknown value.
const UNKNOWN: &str = "…";

/// The text of an absent value.
const NONE: &str = "none";

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn days_left(certificate: &Certificate) -> String {
    match certificate.days_left {
        None => unknown(),
        Some(1) => "1 day left".to_owned(),
        Some(..=-1) => "expired".to_owned(),
        Some(days) => [&days.to_string(), " days left"].concat(),
    }
}

/// Formats the browser's timings.
fn timings(connection: &Connection) -> String {
    let browser = &connection.browser;
    let mut text = if browser.protocol.is_empty() { unknown() } else { browser.protocol.clone() };
    for (name, elapsed) in [
        (", TCP ", browser.connect_timing.map(|timing| timing.connect)),
        (", TLS ", browser.connect_timing.and_then(|timing| timing.tls)),
        (", first byte ", browser.first_byte),
    ] {
        if let Some(elapsed) = elapsed {
            text.push_str(name);
            text.push_str(&elapsed.to_string());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        connection::tests::{connection, from_browser, with_tls},
        failure::Kind,
    };

    fn loaded(connection: Connection) -> ConnectionState {
        let mut state = ConnectionState::default();
        state.update(Ok(connection));
        state
    }

    fn fail(state: &mut ConnectionState) {
        state.update(Err(Failure { kind: Kind::Rejected, code: 12, message: "not <found>".to_owned() }));
    }

    /// Returns the messages in order, each with an arrow for its direction.
    fn messages(state: &ConnectionState) -> Vec<String> {
        let details = details(state);
        let messages = details.split("<div data-line=").filter_map(|line| {
            let (kind, rest) = line.split_once("><dt>")?;
            let arrow = [("client", ">"), ("server", "<")].into_iter().find(|(sender, _)| *sender == kind)?.1;
            Some(format!("{arrow} {}", rest.split_once("<dd>")?.0))
        });
        messages.collect()
    }

    /// Returns the text of the first fact or message with this name.
    fn text_of(connection: Connection, name: &str) -> String {
        let details = details(&loaded(connection));
        let after = details.split_once(&format!("<dt>{name}<dd>")).map_or("", |(_, after)| after);
        after.split_once("</div>").map_or("", |(text, _)| text).to_owned()
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
        assert_eq!(messages(&loaded(connection())), expected);
        assert_eq!(
            messages(&ConnectionState::default()),
            expected,
            "every line is present before the first response"
        );
    }

    #[test]
    fn a_resumed_session_has_no_certificate() {
        let resumed = || with_tls(|tls| tls.is_resumed = true);
        let expected =
            ["> ClientHello", "< ServerHello", "< EncryptedExtensions", "< Finished", "> Finished"];
        assert_eq!(messages(&loaded(resumed())), expected);
        assert!(details(&loaded(resumed())).contains("not sent again"));
        assert!(text_of(resumed(), "ClientHello").ends_with("Requests localhost. Sends a ticket."));
        assert!(text_of(resumed(), "Encryption").ends_with("resumed session"));
    }

    #[test]
    fn a_client_certificate_is_part_of_the_handshake() {
        let messages = messages(&loaded(with_tls(|tls| tls.client = "CN=caller".to_owned())));
        assert_eq!(messages[3], "< CertificateRequest");
        assert_eq!(messages[7..], ["> Certificate", "> CertificateVerify", "> Finished"]);
    }

    #[test]
    fn facts_and_messages_have_the_values_of_the_connection() {
        for (name, expected) in [
            ("Protocol", "gRPC-Web over HTTP/2"),
            ("Encryption", "TLSv1.3, new session"),
            ("Cipher", "TLS13_AES_256_GCM_SHA384"),
            ("Key exchange", "X25519MLKEM768, post-quantum"),
            ("ALPN", "h2"),
            ("Issued by", "CN=some CA"),
            ("Browser", "h2, TCP 0.4\u{a0}ms, TLS 3.1\u{a0}ms, first byte 2.0\u{a0}ms"),
            ("Server", "0.1.0, called from 127.0.0.1:49152"),
            ("ClientHello", "Offers X25519MLKEM768, h2 and others. Requests localhost."),
            ("ServerHello", "Selects X25519MLKEM768 and TLS13_AES_256_GCM_SHA384."),
            ("EncryptedExtensions", "Protocol: h2"),
            ("Certificate", "CN=localhost, 89 days left"),
            ("Application data", "Requests and responses in HTTP/2"),
        ] {
            assert_eq!(text_of(connection(), name), expected, "{name}");
        }
        assert!(
            details(&loaded(connection()))
                .contains("<dd>CN=localhost, issued by CN=some CA, 89 days left</div>")
        );
    }

    #[test]
    fn days_and_groups_are_described() {
        for (days, expected) in
            [(None, "…"), (Some(-1), "expired"), (Some(0), "0 days left"), (Some(1), "1 day left")]
        {
            let text = text_of(with_tls(|tls| tls.certificate.days_left = days), "Certificate");
            assert_eq!(text, format!("CN=localhost, {expected}"));
        }
        let older = with_tls(|tls| tls.group = "X25519".to_owned());
        assert!(!summary(&loaded(older.clone())).contains("quantum"));
        assert_eq!(text_of(older, "Key exchange"), "X25519, not post-quantum");
    }

    #[test]
    fn absent_values_are_none() {
        let absent = || {
            with_tls(|tls| {
                tls.alpn.clear();
                tls.server_name.clear();
            })
        };
        assert_eq!(text_of(absent(), "ClientHello"), "Offers X25519MLKEM768, none and others.");
        assert_eq!(text_of(absent(), "EncryptedExtensions"), "Protocol: none");
    }

    #[test]
    fn without_tls_1_3_a_reason_replaces_the_messages() {
        let plain = Connection { tls: None, http: "HTTP/1.1".to_owned(), ..from_browser("http/1.1", false) };
        assert!(summary(&loaded(plain.clone())).starts_with("Not encrypted"));
        for (connection, reason) in
            [(plain, "<p>None: "), (with_tls(|tls| tls.version = "TLSv1.2".to_owned()), "A version before")]
        {
            let state = loaded(connection);
            assert!(details(&state).contains(reason) && messages(&state).is_empty());
        }
    }

    #[test]
    fn behind_a_proxy_the_connection_is_that_of_the_proxy() {
        let state = loaded(from_browser("http/1.1", false));
        let summary = summary(&state);
        assert!(summary.starts_with("A proxy is in between: this page uses HTTP/1.1 in plaintext to it."));
        assert!(summary.contains("server. Encrypted: only the proxy and the server can read"), "{summary}");
        assert!(details(&state).contains("<dt>The proxy<dd>"));
    }

    #[test]
    fn the_summary_covers_every_state() {
        let mut unknown = ConnectionState::default();
        assert!(summary(&unknown).starts_with("Asking"));
        unknown.mark_overdue();
        assert!(summary(&unknown).ends_with(NO_RESPONSE));
        fail(&mut unknown);
        assert!(summary(&unknown).ends_with("not &lt;found>"));
        let mut known = loaded(connection());
        assert_eq!(
            summary(&known),
            "Encrypted: only this browser and the server can read the traffic. A recording cannot be decrypted \
             by a quantum computer either."
        );
        fail(&mut known);
        assert!(summary(&known).ends_with("not &lt;found> This is the last known state."));
    }

    #[test]
    fn names_in_a_certificate_are_escaped() {
        let hostile = with_tls(|tls| tls.certificate.issuer = "CN=<img src=x> & \"co\" %h".to_owned());
        assert_eq!(text_of(hostile, "Issued by"), "CN=&lt;img src=x> &amp; \"co\" %h");
    }
}
