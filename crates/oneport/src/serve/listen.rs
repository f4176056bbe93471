//! Binds the addresses that the server listens on.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use nix::errno::Errno;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpListener;

use crate::{error::ListenError, info::is_loopback, origin::Origin};

/// The idle time of a connection before the first keep-alive probe.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// The time between two probes.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// The probes without an acknowledgement after which the connection is closed: two minutes after the peer's machine became
/// unreachable.
const KEEPALIVE_PROBES: u32 = 4;

/// The addresses to listen on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    pub(crate) tls: Vec<SocketAddr>,
    /// A port for TLS on 127.0.0.1 and, where this machine has IPv6, on `::1`.
    pub(crate) loopback: Option<u16>,
    pub(crate) plaintext: Vec<SocketAddr>,
    pub(crate) metrics: Option<SocketAddr>,
}

/// The bound sockets.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) tls: Vec<TcpListener>,
    pub(crate) plaintext: Vec<TcpListener>,
    pub(crate) metrics: Option<TcpListener>,
}

impl Addresses {
    /// Whether there is none, apart from that for metrics.
    pub(crate) fn is_empty(&self) -> bool {
        self.first_tls().is_none() && self.plaintext.is_empty()
    }

    /// The first address for TLS.
    pub(crate) fn first_tls(&self) -> Option<SocketAddr> {
        let loopback = || self.loopback.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        self.tls.first().copied().or_else(loopback)
    }

    /// Binds all addresses; port 0 takes a free port. Fails with the first address that cannot be bound.
    pub(crate) async fn bind(&self) -> Result<Listeners, ListenError> {
        let mut tls = bind_all(&self.tls).await?;
        if let Some(port) = self.loopback {
            tls.extend(bind_loopback(port).await?);
        }
        let metrics = match self.metrics {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Listeners { tls, plaintext: bind_all(&self.plaintext).await?, metrics })
    }
}

impl Listeners {
    /// The URLs of the listeners except that for metrics, those with TLS first.
    pub(crate) fn urls(&self) -> io::Result<Vec<String>> {
        let tls = self.tls.iter().map(|listener| Ok(format!("https://{}", listener.local_addr()?)));
        let plaintext =
            self.plaintext.iter().map(|listener| Ok(format!("http://{}", listener.local_addr()?)));
        tls.chain(plaintext).collect()
    }

    /// The origins of the addresses with and without TLS, where there are both, for pages from one that call the other. Without
    /// wildcard addresses, which a browser may reach under any host name.
    pub(crate) fn origins(&self) -> io::Result<Vec<Origin>> {
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
            // An address with a zone, such as `[fe80::1%2]`, is not part of an origin.
            origins.extend(named.into_iter().chain(localhost).filter_map(|origin| origin.parse().ok()));
        }
        Ok(origins)
    }

    /// The URL of the listener for metrics.
    pub(crate) fn metrics_url(&self) -> io::Result<Option<String>> {
        let url = |listener: &TcpListener| Ok(format!("http://{}", listener.local_addr()?));
        self.metrics.as_ref().map(url).transpose()
    }
}

async fn bind_loopback(port: u16) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = vec![bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?];
    match bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(listener) => listeners.push(listener),
        Err(error) if has_no_ipv6(&error.source) => tracing::warn!("not listening on IPv6: {error}"),
        Err(error) => return Err(error),
    }
    Ok(listeners)
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

/// Enables TCP keep-alive (RFC 9293, section 3.8.4). Accepted connections inherit it, which saves system calls.
fn keep_alive(listener: &TcpListener) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    SockRef::from(listener).set_tcp_keepalive(&keepalive)
}

/// Whether binding failed because this machine has no IPv6.
fn has_no_ipv6(error: &io::Error) -> bool {
    // EAFNOSUPPORT, of a kernel without IPv6, has no stable `ErrorKind`.
    let is_unsupported = error.raw_os_error() == Some(Errno::EAFNOSUPPORT as i32);
    error.kind() == io::ErrorKind::AddrNotAvailable || is_unsupported
}
