//! A proxy and a web server, to which a client may connect instead of increment's server.

use std::{
    io::{Read, Write},
    sync::Arc,
    thread,
    time::SystemTime,
};

use rustls::{ServerConfig, sign::SingleCertAndKey};
use tokio::io::copy_bidirectional;
use tokio_rustls::TlsAcceptor;

use crate::common::{
    canned,
    server::{Server, certificate},
};

/// A proxy that terminates TLS and does not support HTTP/2. Returns its URL.
pub(crate) fn http_1_proxy(server: &Server) -> String {
    let certified_key = certificate(server.folder(), SystemTime::now());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config =
        config.with_no_client_auth().with_cert_resolver(Arc::new(SingleCertAndKey::from(certified_key)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let (tls, backend) = (TlsAcceptor::from(Arc::new(config)), server.plaintext_url().replace("http://", ""));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let mut front = tls.accept(listener.accept().await.unwrap().0).await.unwrap();
                let mut back = tokio::net::TcpStream::connect(&backend).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut front, &mut back).await });
            }
        });
    });
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
