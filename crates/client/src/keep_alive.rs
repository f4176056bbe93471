//! When a connection on which nothing comes any more is closed. Independent of how it is made.

use std::time::Duration;

/// The times that a timer of either protocol can be set to.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// When a connection on which nothing comes any more is closed. Times below a millisecond or above a day are taken as
/// these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// How long nothing has come until a ping is sent: a PING frame of HTTP/2 (RFC 9113, section 6.7), and a probe of TCP
    /// (RFC 9293, section 3.8.4), to which the system of a process that hangs replies all the same. Over HTTP/1.1 there
    /// are TCP's alone.
    pub interval: Duration,
    /// How long the reply to a ping, or the acknowledgement of what was sent, may take. TCP counts in whole seconds.
    pub timeout: Duration,
}

impl Default for KeepAlive {
    /// 10 seconds, the least that gRPC's guide to keepalive allows, and 10 seconds for the reply.
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), timeout: Duration::from_secs(10) }
    }
}

impl KeepAlive {
    /// The same, with times that timers can be set to.
    pub(crate) fn clamped(self) -> Self {
        let Self { interval, timeout } = self;
        Self { interval: interval.clamp(SHORTEST, LONGEST), timeout: timeout.clamp(SHORTEST, LONGEST) }
    }
}
