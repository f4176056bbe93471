//! Bounds of connections, and what follows from them. Independent of how they are enforced.

use std::{ops::RangeInclusive, time::Duration};

/// How long to wait before accepting again where the system refuses, as when the process is out of descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The most connections that are being closed for newer ones at once; beyond, the first of them is cut.
const CLOSING: usize = 256;

/// How many descriptors are left for other things than connections at least: files, listeners, runtimes.
const RESERVED_DESCRIPTORS: RangeInclusive<u64> = 32..=128;

/// Bounds of connections, so that no caller holds on to the server by doing nothing.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections open at once; at least 1. For another, the one that has been idle the longest is closed; where
    /// none is idle, the one on which nothing has moved for the longest time.
    pub connections: usize,
    /// The most connections of one client: an IPv4 address or a /64 of IPv6; at least 1. For another, one of its own is
    /// closed by the same rule.
    pub connections_per_address: usize,
    /// The longest time from a connection's begin to its first request; one without is closed. Its peer is told: by GOAWAY
    /// over HTTP/2, by 408 with `connection: close` over HTTP/1.1, here and wherever a connection is closed for idleness.
    pub first_request: Duration,
    /// The longest time that a connection may be without a request in flight; then it is closed. A request is in flight until
    /// its response is finished: a stream may be silent for ever.
    pub idle: Duration,
    /// The longest time between two requests of an HTTP/1.1 connection, and from a request's first byte to the end of
    /// its headers; then the connection is closed.
    pub http1_idle: Duration,
    /// How long an HTTP/2 connection may be silent before it is asked for a sign of life (RFC 9113, section 6.7).
    pub http2_ping: Duration,
    /// How long the answer to that may take; then the connection is closed.
    pub http2_pong: Duration,
    /// How long calls under way may go on after the shutdown; then they are aborted.
    pub drain: Duration,
    /// The longest time that a connection for metrics may take, its answer included; then it is closed.
    pub metrics: Duration,
    /// How long a peer may take nothing of the responses that wait for it; then its connection is closed.
    pub response_stall: Duration,
    /// How many bytes of unread responses one connection may hold, those of up to 8 KiB aside; further calls wait.
    pub connection_response_bytes: usize,
    /// How many bytes of unread responses all connections may hold together; then the one that is read the slowest is
    /// closed.
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
    /// At most as many connections as fit in a process that may have this many descriptors open.
    pub(crate) fn within_descriptors(self, descriptors: u64) -> Self {
        let reserved = (descriptors / 4).clamp(*RESERVED_DESCRIPTORS.start(), *RESERVED_DESCRIPTORS.end());
        let left = usize::try_from(descriptors.saturating_sub(reserved)).unwrap_or(usize::MAX);
        // One in nine is for those that are being closed: see `closing`.
        let fitting = (left - left.div_ceil(9)).max(left.saturating_sub(CLOSING)).max(1);
        Self { connections: self.connections.min(fitting), ..self }
    }

    /// How many connections may be open beyond [`Self::connections`] while they are being closed for newer ones.
    pub(crate) fn closing(&self) -> usize {
        (self.connections / 8).clamp(1, CLOSING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_those_being_closed_fit_in_the_descriptors() {
        for descriptors in (40..3_000).chain([20_000, 1 << 40]) {
            let limits = Limits::default().within_descriptors(descriptors);
            let most = (limits.connections + limits.closing()) as u64;
            assert!(most + RESERVED_DESCRIPTORS.start() <= descriptors, "{descriptors}: {limits:?}");
        }
        assert_eq!(Limits::default().within_descriptors(20_000).connections, 10_000);
        assert_eq!(Limits::default().within_descriptors(0).connections, 1);
    }
}
