//! How much of the server's memory and patience one call may take.

use std::time::Duration;

/// How much larger than protobuf a message may be as JSON: names and blanks take as much as what they are about.
pub(crate) const JSON_GROWTH: usize = 2;

/// Bounds of one call.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// The largest message a caller may send to any method, in bytes; a method may take less
    /// (see [`ServiceEntry::request_bytes`](crate::ServiceEntry::request_bytes)).
    pub message_bytes: usize,
    /// How many bytes of messages that have arrived and are not answered yet the server may hold, those of up to 1 KiB
    /// aside. A connection may hold an eighth of that, or one largest message where that is more.
    pub memory_bytes: usize,
    /// The longest time that nothing comes of a message that is awaited; for calls that take one.
    pub message_pause: Duration,
    /// The longest time until such a message is there; enough for the largest one at 1.2 Mbit/s.
    pub message_time: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            // What gRPC implementations take by default.
            message_bytes: 4 << 20,
            memory_bytes: 256 << 20,
            message_pause: Duration::from_secs(3),
            message_time: Duration::from_secs(30),
        }
    }
}

impl CallLimits {
    /// The same for a method whose requests have at most this many bytes as protobuf.
    pub(crate) fn of_method(self, request_bytes: usize, is_json: bool) -> Self {
        let growth = if is_json { JSON_GROWTH } else { 1 };
        Self { message_bytes: request_bytes.saturating_mul(growth).min(self.message_bytes), ..self }
    }
}
