//! How much of the server's memory and patience one call may take.

use std::time::Duration;

/// Bounds of one call.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// The largest message a caller may send, in bytes.
    pub message_bytes: usize,
    /// How many bytes all messages that are being read may take together, those of up to 1 KiB aside.
    pub memory_bytes: usize,
    /// The longest time that nothing comes of a message that is awaited; for calls that take one.
    pub message_pause: Duration,
    /// The longest time until such a message is there; enough for the largest one at 1.2 Mbit/s.
    pub message_time: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        // 4 MiB is what gRPC implementations take by default.
        let (message_pause, message_time) = (Duration::from_secs(3), Duration::from_secs(30));
        Self { message_bytes: 4 << 20, memory_bytes: 256 << 20, message_pause, message_time }
    }
}
