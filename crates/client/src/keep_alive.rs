//! Keep-alive pings, by which a dead connection is detected and closed.

use std::time::Duration;

/// The durations that the timers of HTTP/2 and TCP support.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The timing of keep-alive pings. Durations are clamped to 1 millisecond to 1 day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// The time without received data after which a ping is sent: an HTTP/2 PING frame (RFC 9113, section 6.7) and a TCP
    /// keep-alive probe (RFC 9293, section 3.8.4), which the operating system of a hung process acknowledges all the
    /// same. Over HTTP/1.1 only TCP probes are sent.
    pub interval: Duration,
    /// The time within which a ping, and sent data, has to be acknowledged; else the connection is closed. Whole seconds
    /// for TCP.
    pub timeout: Duration,
}

impl Default for KeepAlive {
    /// An interval of 10 seconds, the minimum of gRPC's keepalive guide, and a timeout of 10 seconds.
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), timeout: Duration::from_secs(10) }
    }
}

impl KeepAlive {
    /// Clamps both durations to what the timers support.
    pub(crate) fn clamped(self) -> Self {
        let Self { interval, timeout } = self;
        Self { interval: interval.clamp(SHORTEST, LONGEST), timeout: timeout.clamp(SHORTEST, LONGEST) }
    }
}
