//! A proxy and a web server, to which a client may connect instead of increment's server.

use std::{
    io::{Read, Write},
    time::SystemTime,
};

use crate::common::{
    canned,
    server::{Server, certificate},
    tls_proxy,
};

/// A proxy that terminates TLS and does not support HTTP/2. Returns its URL.
pub(crate) fn http_1_proxy(server: &Server) -> String {
    let certified_key = certificate(server.folder(), SystemTime::now());
    let port = tls_proxy::start(certified_key, &["http/1.1"], server.plaintext_url().replace("http://", ""));
    format!("https://localhost:{port}")
}

/// A web server without TLS that responds to every HTTP/2 request with 404 and HTML (RFC 9113, section 4.1; RFC 7541,
/// section 6). Returns its URL.
pub(crate) fn http_2_web_server() -> String {
    canned::serve(|mut stream| {
        let _ = stream.write_all(b"\0\0\0\x04\0\0\0\0\0");
        let _ = stream.read_exact(&mut [0; 24]);
        let mut header = [0; 9];
        while stream.read_exact(&mut header).is_ok() {
            let length = usize::from(header[1]) << 8 | usize::from(header[2]);
            let _ = stream.read_exact(&mut vec![0; length]);
            if header[3] == 1 {
                let _ = stream.write_all(b"\0\0\x0c\x01\x05\0\0\0\x01\x8d\x5f\x09text/html");
            }
        }
    })
}
