//! TLS alerts with which a server rejects a client's certificate, or the lack of one.
//!
//! In TLS 1.3 the client's handshake is complete before the server verifies the certificate: the alert arrives in place of
//! the response, and HTTP reports no more of it than its text.

/// The prefix of an alert in rustls' error texts (RFC 8446, section 6.2).
const ALERT: &str = "received fatal alert: ";

/// The alerts about client certificates, and what they mean.
const CERTIFICATE_ALERTS: [(&str, &str); 8] = [
    ("CertificateRequired", "requires a client certificate"),
    (
        "UnknownCA",
        "does not trust the CA of the client certificate; use a certificate from a CA that it trusts",
    ),
    ("DecryptError", "rejects the client certificate: it is not signed by the CA that it names"),
    (
        "CertificateExpired",
        "rejects the client certificate: it has expired or is not valid yet; use a valid one, or check the clocks",
    ),
    ("CertificateRevoked", "rejects the client certificate: it is revoked; use another one"),
    (
        "UnsupportedCertificate",
        "rejects the client certificate: it is not for client authentication; use one that is",
    ),
    ("BadCertificate", "rejects the client certificate: it is malformed; use another one"),
    ("CertificateUnknown", "rejects the client certificate; use another one"),
];

/// Returns what an alert in the text of an error means, if it is about client certificates.
pub(crate) fn meaning(error: &str) -> Option<&'static str> {
    let (_, name) = error.split_once(ALERT)?;
    let name = name.split(|character: char| !character.is_alphanumeric()).next()?;
    CERTIFICATE_ALERTS.iter().find(|(alert, _)| *alert == name).map(|(_, meaning)| *meaning)
}

#[cfg(test)]
pub(crate) fn meanings() -> impl Iterator<Item = &'static str> {
    CERTIFICATE_ALERTS.into_iter().map(|(_, meaning)| meaning)
}
