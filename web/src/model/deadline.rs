//! The deadline of a call: its header and its failure. Independent of the clock.

use std::time::Duration;

use super::failure::{Failure, Kind};

/// The status code DEADLINE_EXCEEDED.
const DEADLINE_EXCEEDED: u8 = 4;

/// The deadline of a call, enforced by the page and by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    ms: u32,
}

impl Deadline {
    /// The maximum deadline, in milliseconds: ten minutes.
    pub const MAX_MS: u32 = 600_000;

    /// Creates a deadline in milliseconds, from 1 to [`Self::MAX_MS`].
    pub fn from_ms(ms: u32) -> Self {
        Self { ms: ms.clamp(1, Self::MAX_MS) }
    }

    /// Returns the time from the start of the call.
    pub fn duration(self) -> Duration {
        Duration::from_millis(self.ms.into())
    }

    /// Returns the value of the header `grpc-timeout` (gRPC's PROTOCOL-HTTP2, Timeout): at most 8 digits and a unit.
    pub fn header(self) -> String {
        format!("{}m", self.ms)
    }

    /// Returns the failure of a call without a response before the deadline.
    pub fn exceeded(self) -> Failure {
        let message =
            format!("No response within the deadline of {}\u{a0}ms: the page cancelled the call.", self.ms);
        Failure { kind: Kind::Rejected, code: DEADLINE_EXCEEDED, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_in_milliseconds_with_few_digits() {
        assert_eq!(Deadline::from_ms(1).header(), "1m");
        assert_eq!(Deadline::from_ms(250).header(), "250m");
        assert!(Deadline::from_ms(u32::MAX).header().len() <= 9);
    }

    #[test]
    fn a_deadline_is_clamped_to_1_ms_and_10_minutes() {
        let times = [0, 1, 600_000, 600_001].map(|ms| Deadline::from_ms(ms).duration().as_millis());
        assert_eq!(times, [1, 1, 600_000, 600_000]);
    }

    #[test]
    fn an_exceeded_deadline_is_reported_with_its_code_and_time() {
        let failure = Deadline::from_ms(250).exceeded();
        assert_eq!(failure.code_name(), "DEADLINE_EXCEEDED");
        assert!(failure.description().contains("deadline of 250\u{a0}ms"), "{}", failure.description());
    }
}
