//! What a server says that wants to know who calls, or does not want this caller. With TLS 1.3 the client's handshake is
//! over by then, and the alert comes in the answer's place: HTTP keeps only the words of it. Must not know who is told.

/// How rustls words an alert (RFC 8446, section 6.2).
const ALERT: &str = "received fatal alert: ";

/// The alerts about a client's certificate, and what they ask for.
const ABOUT_CERTIFICATES: [(&str, &str); 8] = [
    ("CertificateRequired", "wants to know who calls: present a certificate"),
    ("UnknownCA", "does not know the CA of the certificate presented; use one from a CA that it trusts"),
    ("DecryptError", "finds that the certificate presented is not from the CA that it names"),
    (
        "CertificateExpired",
        "says that the certificate presented is not valid today; use one that is, or check the clocks",
    ),
    ("CertificateRevoked", "says that the certificate presented was revoked; use another one"),
    ("UnsupportedCertificate", "says that the certificate presented is not for clients; use one that is"),
    ("BadCertificate", "cannot read the certificate presented; use another one"),
    ("CertificateUnknown", "does not accept the certificate presented; use another one"),
];

/// What the server wants, if these words of an error tell of such an alert.
pub(crate) fn wish(words: &str) -> Option<&'static str> {
    let (_, name) = words.split_once(ALERT)?;
    let name = name.split(|character: char| !character.is_alphanumeric()).next()?;
    ABOUT_CERTIFICATES.iter().find(|(alert, _)| *alert == name).map(|(_, wish)| *wish)
}

#[cfg(test)]
pub(crate) fn wishes() -> impl Iterator<Item = &'static str> {
    ABOUT_CERTIFICATES.into_iter().map(|(_, wish)| wish)
}
