//! A proxy that terminates TLS.

use std::{sync::Arc, thread};

use rustls::{
    ServerConfig,
    sign::{CertifiedKey, SingleCertAndKey},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    runtime::Builder,
};
use tokio_rustls::TlsAcceptor;

/// Starts a proxy that presents this certificate, offers these protocols in ALPN and forwards to `backend`. Returns its
/// port.
pub fn start(certified_key: Arc<CertifiedKey>, alpn: &[&str], backend: String) -> u16 {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified_key)));
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let tls = TlsAcceptor::from(Arc::new(config));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, backend) = (tls.clone(), backend.clone());
                // A client may reject the certificate: that is what some tests are about.
                tokio::spawn(async move {
                    let mut front = tls.accept(stream).await?;
                    let mut back = TcpStream::connect(backend).await?;
                    copy_bidirectional(&mut front, &mut back).await
                });
            }
        });
    });
    port
}
