//! A connection told as markup: its facts, and the messages of its TLS 1.3 handshake (RFC 8446, section 2) with its own values
//! in them. Made from templates: line by line in code, it would cost the page 2 kilobytes more. Must not know the screen.

use super::{
    connection::{Certificate, Connection, Look, Tls},
    failure::Failure,
    overdue::NO_ANSWER,
};

// Each line begins with the case in which it holds, a dot for always: see `Told::holds`. A letter after a percent sign
// stands for a value: see `Told::value`.

/// What is true of the connection, or why that is not known.
const WORDS: &str = "\
AAsking the server what it sees of this connection…
F%w. %W
L This is what was last known.
PA proxy stands in between: this page speaks %o with it. What follows is the proxy’s connection to the server.\u{20}
XNot encrypted: whoever is on the way can read and change what is sent.
TEncrypted: only %l and the server can read what is sent.
Q A recording of it stays closed to quantum computers, too.
N %N";

/// The facts, and the messages between two lifelines.
const LINES: &str = "\
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
xThere is none: without TLS nothing is agreed on, and nobody shows who they are.
2An older one than TLS 1.3: it takes a round trip more and shows the certificate to whoever listens.
fOne round trip before the first call: who is there, which keys, and proof of it.
rOne round trip before the first call. An earlier session goes on: its ticket stands for the certificate, which is not shown again.
3<dl class=ladder><div data-line=ends><dt>%L<dd>The server</div>
3<div data-line=client><dt>ClientHello<dd>Offers %g, %a and others.
n Wants %n.
r Shows a ticket.
3</div><div data-line=server><dt>ServerHello<dd>Takes %g and %c.
r Takes the ticket.
3</div><div data-line=mark><dt>Encrypted from here on</div>
3<div data-line=server><dt>EncryptedExtensions<dd>Protocol: %a</div>
m<div data-line=server><dt>CertificateRequest<dd>Who calls?</div>
f<div data-line=server><dt>Certificate<dd>%C, issued by %i, %d</div>
f<div data-line=server><dt>CertificateVerify<dd>Signs all of the above with that certificate’s key.</div>
3<div data-line=server><dt>Finished<dd>A checksum of all of the above.</div>
m<div data-line=client><dt>Certificate<dd>%k</div>
m<div data-line=client><dt>CertificateVerify<dd>Signs it likewise.</div>
3<div data-line=client><dt>Finished<dd>The same from this side.</div>
3<div data-line=both><dt>Application data<dd>Calls and answers in %h</div></dl>";

/// What is true of the connection, or why that is not known, in a sentence or two.
pub fn words(look: &Look) -> String {
    Told::of(look).fill(WORDS)
}

/// The facts and the handshake. Before the first look they are as many lines as after it, so that nothing jumps.
pub fn lines(look: &Look) -> String {
    Told::of(look).fill(LINES)
}

/// What is to be told, and what of it has to be put into words first.
struct Told<'a> {
    known: Option<&'a Connection>,
    tls: Option<&'a Tls>,
    failure: Option<&'a Failure>,
    is_late: bool,
    days_left: String,
    notes: String,
}

impl<'a> Told<'a> {
    fn of(look: &'a Look) -> Self {
        let known = look.known();
        let tls = known.and_then(|known| known.tls.as_ref());
        Self {
            known,
            tls,
            failure: look.failure(),
            is_late: look.is_late(),
            days_left: tls.map_or_else(unknown, |tls| days_left(&tls.certificate)),
            notes: known.map_or_else(unknown, notes),
        }
    }

    /// Fills the lines that hold. What somebody else says is text in them, whatever it is.
    fn fill(&self, template: &str) -> String {
        let mut filled = String::new();
        for line in template.lines().filter(|line| self.holds(line.as_bytes()[0])) {
            let mut pieces = line[1..].split('%');
            filled.extend(pieces.next());
            for piece in pieces {
                for letter in self.value(piece.as_bytes()[0]).chars() {
                    match letter {
                        '<' => filled.push_str("&lt;"),
                        '&' => filled.push_str("&amp;"),
                        _ => filled.push(letter),
                    }
                }
                filled.push_str(&piece[1..]);
            }
        }
        filled
    }

    /// Whether a line for some case holds. Small letters are of what is known, or else expected.
    fn holds(&self, case: u8) -> bool {
        let is_well = self.failure.is_none();
        let is_known = self.known.is_some();
        let is_told = is_well && is_known;
        let is_tls = !is_known || self.tls.is_some();
        let is_newest = self.tls.is_none_or(|tls| tls.version == "TLSv1.3");
        let is_resumed = self.tls.is_some_and(|tls| tls.is_resumed);
        match case {
            b'A' => is_well && !is_known,
            b'N' => self.is_late,
            b'F' => !is_well,
            b'L' => !is_well && is_known,
            b'P' => is_told && self.is_proxied(),
            b'X' => is_told && !is_tls,
            b'T' => is_told && is_tls,
            b'Q' => is_told && self.tls.is_some_and(Tls::is_post_quantum),
            b'x' => !is_tls,
            b't' => is_tls,
            b'2' => is_tls && !is_newest,
            b'3' => is_tls && is_newest,
            b'f' => is_tls && is_newest && !is_resumed,
            b'r' => is_tls && is_newest && is_resumed,
            b'm' => is_tls && is_newest && !is_resumed && self.tls.is_some_and(|tls| !tls.client.is_empty()),
            b'n' => is_tls && is_newest && self.text(|tls| &tls.server_name) != NONE,
            _ => true,
        }
    }

    fn value(&self, letter: u8) -> &str {
        let of_known = |field: fn(&Connection) -> &str| self.known.map_or(UNKNOWN, field);
        let of_failure = |field: fn(&Failure) -> &str| self.failure.map_or("", field);
        match letter {
            b'N' => NO_ANSWER,
            b'w' => of_failure(|failure| failure.title()),
            b'W' => of_failure(Failure::words),
            b'o' => of_known(|known| known.browser.words()),
            b'l' if self.is_proxied() => "the proxy",
            b'l' => "this browser",
            b'L' if self.is_proxied() => "The proxy",
            b'L' => "This browser",
            b'h' => of_known(|known| &known.http),
            b'v' => self.text(|tls| &tls.version),
            b's' => match self.tls {
                None => "",
                Some(tls) if tls.is_resumed => ", an earlier session resumed",
                Some(_) => ", a new session",
            },
            b'c' => self.text(|tls| &tls.cipher),
            b'g' => self.text(|tls| &tls.group),
            b'q' => match self.tls {
                None => "",
                Some(tls) if tls.is_post_quantum() => ", post-quantum",
                Some(_) => ", not post-quantum",
            },
            b'a' => self.text(|tls| &tls.alpn),
            b'n' => self.text(|tls| &tls.server_name),
            b'C' => self.text(|tls| &tls.certificate.subject),
            b'i' => self.text(|tls| &tls.certificate.issuer),
            b'd' => &self.days_left,
            b'k' => self.text(|tls| &tls.client),
            b'b' => &self.notes,
            b'V' => of_known(|known| &known.server_version),
            _ => of_known(|known| &known.peer),
        }
    }

    fn text(&self, field: fn(&Tls) -> &str) -> &str {
        match self.tls.map(field) {
            None => UNKNOWN,
            Some("") => NONE,
            Some(text) => text,
        }
    }

    fn is_proxied(&self) -> bool {
        self.known.is_some_and(Connection::is_proxied)
    }
}

/// Stands for what is not known yet.
const UNKNOWN: &str = "…";

/// Stands for what is not there.
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

/// What the browser itself noted.
fn notes(connection: &Connection) -> String {
    let browser = &connection.browser;
    let mut notes = if browser.protocol.is_empty() { unknown() } else { browser.protocol.clone() };
    for (name, took) in [
        (", TCP ", browser.opened.map(|opened| opened.connect)),
        (", TLS ", browser.opened.and_then(|opened| opened.tls)),
        (", first byte ", browser.first_byte),
    ] {
        if let Some(took) = took {
            notes.push_str(name);
            notes.push_str(&took.to_string());
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{
        connection::tests::{connection, from_browser, with_tls},
        failure::Kind,
    };

    fn look(connection: Connection) -> Look {
        let mut look = Look::default();
        look.see(Ok(connection));
        look
    }

    fn fail(look: &mut Look) {
        look.see(Err(Failure { kind: Kind::Refused, code: 12, message: "nobody <knows>".to_owned() }));
    }

    /// The messages in the order of their sending, each with an arrow for its way.
    fn messages(look: &Look) -> Vec<String> {
        let lines = lines(look);
        let messages = lines.split("<div data-line=").filter_map(|line| {
            let (kind, rest) = line.split_once("><dt>")?;
            let arrow = [("client", ">"), ("server", "<")].into_iter().find(|(sender, _)| *sender == kind)?.1;
            Some(format!("{arrow} {}", rest.split_once("<dd>")?.0))
        });
        messages.collect()
    }

    /// What a fact or the first message of a name says.
    fn said(connection: Connection, name: &str) -> String {
        let lines = lines(&look(connection));
        let after = lines.split_once(&format!("<dt>{name}<dd>")).map_or("", |(_, after)| after);
        after.split_once("</div>").map_or("", |(words, _)| words).to_owned()
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
        assert_eq!(messages(&look(connection())), expected);
        assert_eq!(messages(&Look::default()), expected, "before the first look every line has its place");
    }

    #[test]
    fn a_resumed_session_shows_no_certificate() {
        let resumed = || with_tls(|tls| tls.is_resumed = true);
        let expected =
            ["> ClientHello", "< ServerHello", "< EncryptedExtensions", "< Finished", "> Finished"];
        assert_eq!(messages(&look(resumed())), expected);
        assert!(lines(&look(resumed())).contains("not shown again"));
        assert!(said(resumed(), "ClientHello").ends_with("Wants localhost. Shows a ticket."));
        assert!(said(resumed(), "Encryption").ends_with("an earlier session resumed"));
    }

    #[test]
    fn a_caller_with_a_certificate_shows_it_too() {
        let messages = messages(&look(with_tls(|tls| tls.client = "CN=caller".to_owned())));
        assert_eq!(messages[3], "< CertificateRequest");
        assert_eq!(messages[7..], ["> Certificate", "> CertificateVerify", "> Finished"]);
    }

    #[test]
    fn facts_and_messages_carry_the_values_of_the_connection() {
        for (name, words) in [
            ("Protocol", "gRPC-Web over HTTP/2"),
            ("Encryption", "TLSv1.3, a new session"),
            ("Cipher", "TLS13_AES_256_GCM_SHA384"),
            ("Key exchange", "X25519MLKEM768, post-quantum"),
            ("ALPN", "h2"),
            ("Issued by", "CN=some CA"),
            ("Browser", "h2, TCP 0.4\u{a0}ms, TLS 3.1\u{a0}ms, first byte 2.0\u{a0}ms"),
            ("Server", "0.1.0, called from 127.0.0.1:49152"),
            ("ClientHello", "Offers X25519MLKEM768, h2 and others. Wants localhost."),
            ("ServerHello", "Takes X25519MLKEM768 and TLS13_AES_256_GCM_SHA384."),
            ("EncryptedExtensions", "Protocol: h2"),
            ("Certificate", "CN=localhost, 89 days left"),
            ("Application data", "Calls and answers in HTTP/2"),
        ] {
            assert_eq!(said(connection(), name), words, "{name}");
        }
        assert!(
            lines(&look(connection())).contains("<dd>CN=localhost, issued by CN=some CA, 89 days left</div>")
        );
    }

    #[test]
    fn days_and_groups_are_told_as_what_they_are() {
        for (days, text) in
            [(None, "…"), (Some(-1), "expired"), (Some(0), "0 days left"), (Some(1), "1 day left")]
        {
            let told = said(with_tls(|tls| tls.certificate.days_left = days), "Certificate");
            assert_eq!(told, format!("CN=localhost, {text}"));
        }
        let older = with_tls(|tls| tls.group = "X25519".to_owned());
        assert!(!words(&look(older.clone())).contains("quantum"));
        assert_eq!(said(older, "Key exchange"), "X25519, not post-quantum");
    }

    #[test]
    fn what_was_not_asked_for_is_not_told() {
        let quiet = || {
            with_tls(|tls| {
                tls.alpn.clear();
                tls.server_name.clear();
            })
        };
        assert_eq!(said(quiet(), "ClientHello"), "Offers X25519MLKEM768, none and others.");
        assert_eq!(said(quiet(), "EncryptedExtensions"), "Protocol: none");
    }

    #[test]
    fn without_tls_1_3_there_are_no_messages_but_a_reason() {
        let plain = Connection { tls: None, http: "HTTP/1.1".to_owned(), ..from_browser("http/1.1", false) };
        assert!(words(&look(plain.clone())).starts_with("Not encrypted"));
        for (connection, reason) in
            [(plain, "There is none"), (with_tls(|tls| tls.version = "TLSv1.2".to_owned()), "An older one")]
        {
            let look = look(connection);
            assert!(lines(&look).contains(reason) && messages(&look).is_empty());
        }
    }

    #[test]
    fn behind_a_proxy_the_connection_is_the_proxys() {
        let look = look(from_browser("http/1.1", false));
        let words = words(&look);
        assert!(
            words.starts_with("A proxy stands in between: this page speaks HTTP/1.1 in clear text with it.")
        );
        assert!(words.contains("server. Encrypted: only the proxy and the server can read"), "{words}");
        assert!(lines(&look).contains("<dt>The proxy<dd>"));
    }

    #[test]
    fn the_sentence_says_what_is_known_and_what_is_not() {
        let mut unknown = Look::default();
        assert!(words(&unknown).starts_with("Asking"));
        unknown.miss();
        assert!(words(&unknown).ends_with(NO_ANSWER));
        fail(&mut unknown);
        assert!(words(&unknown).ends_with("nobody &lt;knows>"));
        let mut known = look(connection());
        assert_eq!(
            words(&known),
            "Encrypted: only this browser and the server can read what is sent. A recording of it stays closed to quantum \
             computers, too."
        );
        fail(&mut known);
        assert!(words(&known).ends_with("nobody &lt;knows> This is what was last known."));
    }

    #[test]
    fn what_a_certificate_names_is_never_markup() {
        let hostile = with_tls(|tls| tls.certificate.issuer = "CN=<img src=x> & \"co\" %h".to_owned());
        assert_eq!(said(hostile, "Issued by"), "CN=&lt;img src=x> &amp; \"co\" %h");
    }
}
