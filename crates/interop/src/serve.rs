//! Serves a suite's service with oneport, on a free port and with a certificate of its own.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use oneport::{BindError, CallLimits, ServeError, Server, ServiceEntry, Tls};
use rcgen::generate_simple_self_signed;
use rustls::{crypto::aws_lc_rs, pki_types::PrivateKeyDer, sign::CertifiedKey};

/// Any free port.
const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Why a suite's service cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate cannot be generated.
    #[error("cannot generate a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate cannot be used.
    #[error("cannot use the certificate: {0}")]
    Tls(#[from] rustls::Error),
    /// The server cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The server ended without a signal.
    #[error(transparent)]
    Server(#[from] ServeError),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Serves a service until SIGTERM or SIGINT. Before, `ready` gets its address and, with TLS, the certificate that clients
/// are to trust, as PEM.
pub async fn serve(
    service: ServiceEntry,
    limits: CallLimits,
    uses_tls: bool,
    ready: impl FnOnce(SocketAddr, &str) -> io::Result<()>,
) -> Result<(), Error> {
    let builder = Server::builder().register(service).call_limits(limits);
    let (builder, trusted) = if uses_tls {
        let (tls, pem) = self_signed()?;
        (builder.tls(tls).listen(ANY_PORT), pem)
    } else {
        (builder.plaintext_listen(ANY_PORT), String::new())
    };
    let shutdown = oneport::shutdown_signal()?;
    let server = builder.bind().await?;
    let urls = server.urls()?;
    let address = urls.first().and_then(|url| url.split("//").nth(1)?.parse().ok());
    ready(address.ok_or_else(|| io::Error::other(format!("no address in {urls:?}")))?, &trusted)?;
    Ok(server.run(shutdown).await?)
}

/// A certificate for loopback addresses, for the server and as PEM.
fn self_signed() -> Result<(Tls, String), Error> {
    let names = ["localhost", "127.0.0.1"].map(Into::into);
    let made = generate_simple_self_signed(names)?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(io::Error::other)?;
    let chain = vec![made.cert.der().clone()];
    let certified_key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?;
    Ok((Tls::from(certified_key), made.cert.pem()))
}
