//! The addresses the server listens on, bound before anything else starts. Must not know what is served there.

use std::{io, net::SocketAddr, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpListener;

use crate::{origin::Origin, peer::is_loopback};

/// How long a connection may be silent before its peer's system is asked whether the peer is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// How long between two such questions.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How many may stay without an answer; then the connection ends, two minutes after its peer's machine went away.
const KEEPALIVE_PROBES: u32 = 4;

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {}", reason(source))]
pub struct ListenError {
    /// The address asked for.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program uses this port; stop it or choose another port".into(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have this address".into(),
        io::ErrorKind::PermissionDenied => "ports below 1024 need more rights; choose a higher one".into(),
        _ => error.to_string(),
    }
}

/// Sockets that are bound and listening, each for TLS or for clear text, and one for metrics.
#[derive(Debug, Default)]
pub struct Listeners {
    pub(crate) tls: Vec<TcpListener>,
    pub(crate) plaintext: Vec<TcpListener>,
    pub(crate) metrics: Option<TcpListener>,
}

impl Listeners {
    /// Binds all addresses; port 0 takes a free one. Fails with the first address that cannot be had.
    pub async fn bind(tls: &[SocketAddr], plaintext: &[SocketAddr]) -> Result<Self, ListenError> {
        Ok(Self { tls: bind_all(tls).await?, plaintext: bind_all(plaintext).await?, metrics: None })
    }

    /// Binds `port` for TLS on the loopback addresses of IPv4 and of IPv6, the latter where this machine has it.
    pub async fn bind_loopback(port: u16, plaintext: &[SocketAddr]) -> Result<Self, ListenError> {
        use std::net::{Ipv4Addr, Ipv6Addr};
        let mut listeners = Self::bind(&[(Ipv4Addr::LOCALHOST, port).into()], plaintext).await?;
        match bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
            Ok(listener) => listeners.tls.push(listener),
            Err(error) if has_no_ipv6(&error.source) => tracing::warn!("not listening on IPv6: {error}"),
            Err(error) => return Err(error),
        }
        Ok(listeners)
    }

    /// Binds an address for metrics too; port 0 takes a free one. They are served where the app is measured.
    pub async fn and_metrics(mut self, address: SocketAddr) -> Result<Self, ListenError> {
        self.metrics = Some(bind(address).await?);
        Ok(self)
    }

    /// The URL of each listener but that for metrics, TLS first, with the port it got.
    pub fn urls(&self) -> io::Result<Vec<String>> {
        let tls = self.tls.iter().map(|listener| Ok(format!("https://{}", listener.local_addr()?)));
        let plaintext =
            self.plaintext.iter().map(|listener| Ok(format!("http://{}", listener.local_addr()?)));
        tls.chain(plaintext).collect()
    }

    /// What a browser calls the addresses with and without TLS, where there are both: a page that came by one may look at the
    /// other. None for an address that stands for all of a machine's, which a browser calls by any name.
    pub fn origins(&self) -> io::Result<Vec<Origin>> {
        if self.tls.is_empty() || self.plaintext.is_empty() {
            return Ok(Vec::new());
        }
        let tls = self.tls.iter().map(|listener| ("https", listener));
        let plaintext = self.plaintext.iter().map(|listener| ("http", listener));
        let mut origins = Vec::new();
        for (scheme, listener) in tls.chain(plaintext) {
            let address = listener.local_addr()?;
            let named = (!address.ip().is_unspecified()).then(|| format!("{scheme}://{address}"));
            let localhost = is_loopback(address).then(|| format!("{scheme}://localhost:{}", address.port()));
            // An address with a scope, as `[fe80::1%2]`, is none that a browser calls.
            origins.extend(named.into_iter().chain(localhost).filter_map(|origin| origin.parse().ok()));
        }
        Ok(origins)
    }

    /// The URL of the listener for metrics, with the port it got.
    pub fn metrics_url(&self) -> io::Result<Option<String>> {
        let url = |listener: &TcpListener| Ok(format!("http://{}", listener.local_addr()?));
        self.metrics.as_ref().map(url).transpose()
    }
}

async fn bind_all(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::new();
    for &address in addresses {
        listeners.push(bind(address).await?);
    }
    Ok(listeners)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    let bound = TcpListener::bind(address).await.and_then(|listener| {
        keep_alive(&listener)?;
        Ok(listener)
    });
    bound.map_err(|source| ListenError { address, source })
}

/// Turns TCP keep-alive on (RFC 9293, section 3.8.4). Accepted connections inherit it, which saves their system calls.
fn keep_alive(listener: &TcpListener) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    SockRef::from(listener).set_tcp_keepalive(&keepalive)
}

/// Whether a socket failed for want of IPv6 on this machine.
fn has_no_ipv6(error: &io::Error) -> bool {
    // Where the kernel has no IPv6 at all, EAFNOSUPPORT, which has no stable `ErrorKind`.
    const EAFNOSUPPORT: i32 = 97;
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error() == Some(EAFNOSUPPORT)
}
