//! What is said where a call was made and nothing comes. Must not know a clock.

/// How long nothing may come before that is said, in milliseconds.
pub const SILENT_MS: u32 = 15_000;

/// Said of a call with one answer, after [`SILENT_MS`].
pub const NO_ANSWER: &str =
    "No answer for 15\u{a0}s, still waiting: the server hangs, or a proxy on the way.";

/// Said of a stream of which nothing came, behind [`nothing_for`].
pub const NO_MESSAGE: &str = "; still waiting. A proxy on the way may hold answers back, as nginx does without \
     “proxy_buffering off” or the server’s “x-accel-buffering: no”. Or the server hangs.";

/// How long a stream with a known time between two messages may be silent, in milliseconds.
pub fn silent_ms(interval_ms: u32) -> u32 {
    SILENT_MS.max(interval_ms.saturating_mul(2))
}

/// For how long nothing has come, given in milliseconds.
pub fn nothing_for(ms: u32) -> String {
    ["Nothing has come for ", &(ms / 1000).to_string(), "\u{a0}s"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_stream_may_be_silent_for_two_intervals() {
        assert_eq!([10, 7_500, 7_501, 60_000].map(silent_ms), [15_000, 15_000, 15_002, 120_000]);
        assert_eq!(silent_ms(u32::MAX), u32::MAX);
        assert_eq!(nothing_for(silent_ms(60_000)), "Nothing has come for 120\u{a0}s");
    }
}
