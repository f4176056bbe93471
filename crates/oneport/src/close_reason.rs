//! The reasons for which the server closes a connection.

/// Why the server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CloseReason {
    #[error("no first request within the limit")]
    FirstRequest,
    #[error("idle for longer than the limit")]
    Idle,
    #[error("replaced by a newer connection of the same address")]
    AddressLimit,
    #[error("replaced by a newer connection")]
    ConnectionLimit,
    #[error("the peer read nothing of its responses within the limit")]
    ResponseStall,
    #[error("unread responses exceeded the memory of all connections, and this peer was the slowest to read")]
    ResponseMemory,
    #[error("the server is shutting down")]
    Shutdown,
}

impl CloseReason {
    pub(crate) const ALL: [Self; 7] = [
        Self::FirstRequest,
        Self::Idle,
        Self::AddressLimit,
        Self::ConnectionLimit,
        Self::ResponseStall,
        Self::ResponseMemory,
        Self::Shutdown,
    ];

    /// Whether the connection is closed even while requests are in flight.
    pub(crate) fn aborts_requests(self) -> bool {
        !matches!(self, Self::FirstRequest | Self::Idle | Self::Shutdown)
    }

    /// The value of the label `reason` in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FirstRequest => "first_request",
            Self::Idle => "idle",
            Self::AddressLimit => "address_limit",
            Self::ConnectionLimit => "connection_limit",
            Self::ResponseStall => "response_stall",
            Self::ResponseMemory => "response_memory",
            Self::Shutdown => "shutdown",
        }
    }
}
