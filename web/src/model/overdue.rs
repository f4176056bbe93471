//! The messages for an overdue response. Independent of the clock.

/// The time without a response after which it is overdue, in milliseconds.
pub const OVERDUE_MS: u32 = 15_000;

/// The message for a unary call after [`OVERDUE_MS`].
pub const NO_RESPONSE: &str =
    "No response for 15\u{a0}s, still waiting: the server hangs, or a proxy in between.";

/// The message for a stream, after [`nothing_received_for`].
pub const NO_MESSAGES: &str = "; still waiting. A proxy may buffer responses, as nginx does without \
     “proxy_buffering off” or the server’s “x-accel-buffering: no”. Or the server hangs.";

/// Returns the time after which a stream with a message every `interval_ms` is overdue, in milliseconds.
pub fn overdue_ms(interval_ms: u32) -> u32 {
    OVERDUE_MS.max(interval_ms.saturating_mul(2))
}

/// Formats the time since the last message, given in milliseconds.
pub fn nothing_received_for(ms: u32) -> String {
    ["Nothing received for ", &(ms / 1000).to_string(), "\u{a0}s"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_stream_is_overdue_after_two_intervals() {
        assert_eq!([10, 7_500, 7_501, 60_000].map(overdue_ms), [15_000, 15_000, 15_002, 120_000]);
        assert_eq!(overdue_ms(u32::MAX), u32::MAX);
        assert_eq!(nothing_received_for(overdue_ms(60_000)), "Nothing received for 120\u{a0}s");
    }
}
