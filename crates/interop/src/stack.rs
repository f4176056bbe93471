//! The server's own stack with a suite's service on it. Must not know which service.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    num::NonZero,
    path::Path,
    thread::available_parallelism,
    time::SystemTime,
};

use increment_certs::CertError;
use increment_server::{
    App, CallLimits, Limits, Listeners, Offer, Parts, ServeError, listen::ListenError, page::Page, run, tls,
};
use tokio::signal::unix::{SignalKind, signal};

/// Any free port.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Why a suite's service is not served any more, or never was.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The certificate cannot be made or read.
    #[error(transparent)]
    Certificate(#[from] CertError),
    /// TLS refuses the certificate.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// No port is to be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The server gave up.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Where a service is to be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// With TLS.
    Tls,
    /// Without TLS.
    Plaintext,
}

/// Serves `offers` on a free port until SIGTERM or SIGINT, and hands its address to `ready` before.
/// The certificate is made in the folder `certs`, where `ca.pem` is what a client is to trust.
pub async fn serve(
    offers: Vec<Offer>,
    limits: CallLimits,
    place: Where,
    certs: &Path,
    ready: impl FnOnce(SocketAddr) -> io::Result<()>,
) -> Result<(), StackError> {
    let opened =
        increment_certs::open(&certs.join("server.pem"), &certs.join("server.key"), SystemTime::now())?;
    let parts = Parts {
        tls: tls::config(&opened.certified_key)?,
        app: App::with(offers, Page::none(), limits, None),
        limits: Limits::default(),
        workers: available_parallelism().unwrap_or(NonZero::<usize>::MIN),
    };
    let listeners = match place {
        Where::Tls => Listeners::bind(&[ANY], &[]).await?,
        Where::Plaintext => Listeners::bind(&[], &[ANY]).await?,
    };
    let shutdown = shutdown()?;
    ready(address(&listeners)?)?;
    Ok(run(listeners, parts, shutdown).await?)
}

/// The address of the one listener.
fn address(listeners: &Listeners) -> io::Result<SocketAddr> {
    let urls = listeners.urls()?;
    let address = urls.first().and_then(|url| url.split("//").nth(1)?.parse().ok());
    address.ok_or_else(|| io::Error::other(format!("no address in {urls:?}")))
}

/// Ready when the program is asked to end.
fn shutdown() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}
