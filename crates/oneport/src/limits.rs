//! The limits of connections. Independent of how they are enforced.

use std::{ops::RangeInclusive, time::Duration};

/// The pause before accepting again after an error of the system, as when the process is out of file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most connections that are being closed in favour of newer ones at once; beyond, the first of them is aborted.
const MAX_CLOSING: usize = 256;

/// The least number of file descriptors that are left for files, listeners and runtimes.
const RESERVED_DESCRIPTORS: RangeInclusive<u64> = 32..=128;

/// The longest duration in effect: far longer ones cannot be added to the time of day.
const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The most connections in effect, far beyond what one process can hold.
const MAX_CONNECTIONS: usize = 1 << 24;

/// The limits of connections: no peer holds resources by doing nothing.
///
/// ```
/// use std::time::Duration;
///
/// let limits = oneport::Limits { idle: Duration::from_secs(60), ..oneport::Limits::default() };
/// let server = oneport::Server::builder().limits(limits);
/// ```
///
/// Where a peer is notified that its connection is closed, that is by GOAWAY over HTTP/2 (RFC 9113, section 6.8); over HTTP/1.1
/// by `connection: close`, and by status 408 where no request is in flight (RFC 9110, section 15.5.9). Durations of more than
/// a year count as a year.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most open connections, at least 1. At the limit a new connection is accepted, and another one is closed with notice:
    /// the one that has been idle the longest; where none is idle, the one that has transferred no bytes for the longest time.
    /// Lowered where the process may not have as many file descriptors. Default: 10,000.
    pub connections: usize,
    /// The most open connections of one client, an IPv4 address or a /64 of IPv6; at least 1. At the limit a new connection is
    /// accepted, and another one of the same client is closed by the same rule. Default: 1,000.
    pub connections_per_address: usize,
    /// The time from accepting a connection to its first request, its TLS handshake included. At the limit the connection is
    /// closed with notice. Default: 20 s.
    pub first_request: Duration,
    /// The time without a request in flight. At the limit the connection is closed with notice. A request is in flight until
    /// its response is finished: a stream may be silent for any time. Default: 5 min.
    pub idle: Duration,
    /// The time between two requests of an HTTP/1.1 connection, and for the headers of a request. At the limit the connection
    /// is closed with notice. Default: 30 s.
    pub http1_idle: Duration,
    /// The time without a frame from the peer of an HTTP/2 connection. At the limit a PING is sent (RFC 9113, section 6.7).
    /// Default: 15 s.
    pub http2_ping: Duration,
    /// The time to acknowledge such a PING. At the limit the connection is closed. Default: 10 s.
    pub http2_pong: Duration,
    /// The time for calls in flight to complete after the start of a shutdown. At the limit they are aborted. Default: 5 s.
    pub drain: Duration,
    /// The time of a connection for metrics, from accepting it to the end of its response. At the limit it is closed.
    /// Default: 30 s.
    pub metrics: Duration,
    /// The time in which a peer with unread responses reads none of them. At the limit, or up to a third later, the connection
    /// is closed. Default: 30 s.
    pub response_stall: Duration,
    /// The bytes of unread responses of one connection, not counting responses of up to 8 KiB. At the limit, further calls
    /// on the connection wait. Default: 8 MiB.
    pub connection_response_bytes: usize,
    /// The bytes of unread responses of all connections together, not counting responses of up to 8 KiB. At the limit, the
    /// connection that reads the slowest is closed. Default: 32 MiB.
    pub response_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 1_000,
            first_request: Duration::from_secs(20),
            idle: Duration::from_secs(5 * 60),
            http1_idle: Duration::from_secs(30),
            http2_ping: Duration::from_secs(15),
            http2_pong: Duration::from_secs(10),
            drain: Duration::from_secs(5),
            metrics: Duration::from_secs(30),
            response_stall: Duration::from_secs(30),
            connection_response_bytes: 8 << 20,
            response_bytes: 32 << 20,
        }
    }
}

impl Limits {
    /// These limits, each within the range that can be enforced: at least one connection and one byte, at most a year.
    pub(crate) fn clamped(mut self) -> Self {
        self.connections = self.connections.clamp(1, MAX_CONNECTIONS);
        self.connections_per_address = self.connections_per_address.max(1);
        self.connection_response_bytes = self.connection_response_bytes.max(1);
        let durations = [
            &mut self.first_request,
            &mut self.idle,
            &mut self.http1_idle,
            &mut self.http2_ping,
            &mut self.http2_pong,
            &mut self.drain,
            &mut self.metrics,
            &mut self.response_stall,
        ];
        durations.into_iter().for_each(|duration| *duration = (*duration).min(MAX_DURATION));
        self
    }

    /// These limits, with at most as many connections as a process can have with this many file descriptors.
    pub(crate) fn within_descriptors(self, descriptors: u64) -> Self {
        let reserved = (descriptors / 4).clamp(*RESERVED_DESCRIPTORS.start(), *RESERVED_DESCRIPTORS.end());
        let available = usize::try_from(descriptors.saturating_sub(reserved)).unwrap_or(usize::MAX);
        // One in nine is for connections that are being closed: see `max_closing`.
        let fitting = (available - available.div_ceil(9)).max(available.saturating_sub(MAX_CLOSING)).max(1);
        Self { connections: self.connections.min(fitting), ..self }
    }

    /// The most connections that are open beyond [`Self::connections`] while they are being closed in favour of newer ones.
    pub(crate) fn max_closing(&self) -> usize {
        (self.connections / 8).clamp(1, MAX_CLOSING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_those_being_closed_fit_in_the_descriptors() {
        for descriptors in (40..3_000).chain([20_000, 1 << 40]) {
            let limits = Limits::default().within_descriptors(descriptors);
            let most = (limits.connections + limits.max_closing()) as u64;
            assert!(most + RESERVED_DESCRIPTORS.start() <= descriptors, "{descriptors}: {limits:?}");
        }
        assert_eq!(Limits::default().within_descriptors(20_000).connections, 10_000);
        assert_eq!(Limits::default().within_descriptors(0).connections, 1);
    }

    #[test]
    fn limits_are_clamped_to_what_can_be_enforced() {
        let limits = Limits { connections: 0, connection_response_bytes: 0, ..Limits::default() }.clamped();
        assert_eq!((limits.connections, limits.connection_response_bytes), (1, 1));
        let limits = Limits { connections: usize::MAX, idle: Duration::MAX, ..Limits::default() }.clamped();
        assert_eq!((limits.connections, limits.idle), (MAX_CONNECTIONS, MAX_DURATION));
        assert_eq!(limits.first_request, Limits::default().first_request);
    }
}
