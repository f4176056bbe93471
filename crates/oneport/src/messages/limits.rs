//! How much memory and time one call may take.

use std::time::Duration;

/// How much larger than protobuf a message may be as JSON: field names and whitespace take as much as the values.
pub(crate) const JSON_GROWTH: usize = 2;

/// Limits of one call.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// The largest message of a request to any method, in bytes; a method may take less
    /// (see [`ServiceEntry::request_bytes`](crate::ServiceEntry::request_bytes)).
    pub message_bytes: usize,
    /// The most bytes of messages in memory whose responses have not been sent, over all calls; messages of up to 1 KiB are not
    /// counted. One connection may hold an eighth of that, or one largest message where that is more.
    pub memory_bytes: usize,
    /// The longest pause within a message that has begun to arrive, and before the only message of a call.
    pub message_pause: Duration,
    /// The longest time until such a message is complete; enough for the largest one at 1.2 Mbit/s.
    pub message_time: Duration,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            // The default of gRPC implementations.
            message_bytes: 4 << 20,
            memory_bytes: 256 << 20,
            message_pause: Duration::from_secs(3),
            message_time: Duration::from_secs(30),
        }
    }
}

impl CallLimits {
    /// The limits of a method whose requests have at most this many bytes as protobuf.
    pub(crate) fn for_method(self, request_bytes: usize, is_json: bool) -> Self {
        let growth = if is_json { JSON_GROWTH } else { 1 };
        Self { message_bytes: request_bytes.saturating_mul(growth).min(self.message_bytes), ..self }
    }
}
