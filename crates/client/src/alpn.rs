//! The protocol names of ALPN (RFC 7301).

/// HTTP/2 over TLS (RFC 9113, section 3.1).
pub(crate) const H2: &[u8] = b"h2";

/// HTTP/1.1 (RFC 7301, section 6).
pub(crate) const HTTP_1_1: &[u8] = b"http/1.1";
