//! A server whose addresses are bound.

use std::fmt;

use crate::{
    error::{BindError, ServeError},
    serve::{Listeners, Parts, run},
};

/// A server whose addresses are bound and listening, from [`Builder::bind`](crate::Builder::bind). Connections wait until
/// it runs.
pub struct BoundServer {
    listeners: Listeners,
    parts: Parts,
}

impl BoundServer {
    pub(crate) fn new(listeners: Listeners, parts: Parts) -> Self {
        Self { listeners, parts }
    }

    /// The URL of each address but that for metrics, those with TLS first, with the port it got: `https://127.0.0.1:5000`.
    pub fn urls(&self) -> Result<Vec<String>, BindError> {
        self.listeners.urls().map_err(BindError::Address)
    }

    /// The URL of the address for metrics, with the port it got: `http://127.0.0.1:9090`.
    pub fn metrics_url(&self) -> Result<Option<String>, BindError> {
        self.listeners.metrics_url().map_err(BindError::Address)
    }

    /// Serves until `shutdown` is ready. From then on new connections are refused at once, health is `NOT_SERVING`, those with
    /// calls in flight may take [`Limits::drain`](crate::Limits::drain) to end, and others are closed.
    ///
    /// Fails where a thread cannot be started.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        run(self.listeners, self.parts, shutdown).await.map_err(ServeError::Thread)
    }
}

impl fmt::Debug for BoundServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BoundServer").field("listeners", &self.listeners).finish_non_exhaustive()
    }
}
