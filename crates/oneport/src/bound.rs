//! A server whose addresses are bound: its URLs, and its run until a shutdown.

use std::fmt;

use crate::{
    error::{BindError, ServeError},
    serve::{Listeners, Parts, run},
};

/// A server whose addresses are bound, from [`Builder::bind`](crate::Builder::bind). The operating system queues connections
/// until it runs.
///
/// ```
/// # async fn test() -> Result<(), oneport::ServeError> {
/// let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
/// let bound = oneport::Server::builder().plaintext_listen(address).bind().await?;
/// assert!(bound.urls()?[0].starts_with("http://127.0.0.1:"));
/// let (shutdown, is_shut_down) = tokio::sync::oneshot::channel::<()>();
/// let running = tokio::spawn(bound.run(async { drop(is_shut_down.await) }));
/// drop(shutdown);
/// running.await.expect("it does not panic")
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(test())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BoundServer {
    listeners: Listeners,
    parts: Parts,
}

impl BoundServer {
    pub(crate) fn new(listeners: Listeners, parts: Parts) -> Self {
        Self { listeners, parts }
    }

    /// The URLs of the addresses except that for metrics, such as `https://127.0.0.1:5000`: those with TLS first, each with its
    /// actual port.
    ///
    /// Fails with [`BindError::Address`] where the operating system does not report an address.
    pub fn urls(&self) -> Result<Vec<String>, BindError> {
        self.listeners.urls().map_err(BindError::Address)
    }

    /// The URL of the address for metrics, such as `http://127.0.0.1:9090`, with its actual port; none without such an address.
    ///
    /// Fails with [`BindError::Address`] where the operating system does not report the address.
    pub fn metrics_url(&self) -> Result<Option<String>, BindError> {
        self.listeners.metrics_url().map_err(BindError::Address)
    }

    /// Serves until `shutdown` completes, then drains: new connections are refused, health is `NOT_SERVING`, clients are notified
    /// (GOAWAY over HTTP/2, RFC 9113, section 6.8), and idle connections are closed. Completes when the last call in flight has,
    /// or after [`Limits::drain`](crate::Limits::drain), at which calls are aborted.
    ///
    /// Fails with [`ServeError::Thread`] where a thread or its runtime cannot be started.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        run(self.listeners, self.parts, shutdown).await.map_err(ServeError::Thread)
    }
}

impl fmt::Debug for BoundServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BoundServer").field("listeners", &self.listeners).finish_non_exhaustive()
    }
}
