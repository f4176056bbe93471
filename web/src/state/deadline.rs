//! How long a call may take: what it is told as, and what it means when it passes. Must not know a clock.

use std::time::Duration;

use super::failure::{Failure, Kind};

/// The status code DEADLINE_EXCEEDED.
const DEADLINE_EXCEEDED: u8 = 4;

/// How long a call may take, on both sides: it is sent along, and the page itself keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    ms: u32,
}

impl Deadline {
    /// The longest deadline, in milliseconds: ten minutes.
    pub const MOST_MS: u32 = 600_000;

    /// A deadline in milliseconds, from 1 to [`Self::MOST_MS`].
    pub fn from_ms(ms: u32) -> Self {
        Self { ms: ms.clamp(1, Self::MOST_MS) }
    }

    /// From the call until it passes.
    pub fn time(self) -> Duration {
        Duration::from_millis(self.ms.into())
    }

    /// The value of the header `grpc-timeout` (gRPC's PROTOCOL-HTTP2, Timeout): at most 8 digits and a unit.
    pub fn header(self) -> String {
        format!("{}m", self.ms)
    }

    /// What became of a call that had no answer in time.
    pub fn passed(self) -> Failure {
        let message =
            format!("No answer came within the deadline of {}\u{a0}ms: the page gave the call up.", self.ms);
        Failure { kind: Kind::Refused, code: DEADLINE_EXCEEDED, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_sent_in_milliseconds_with_few_digits() {
        assert_eq!(Deadline::from_ms(1).header(), "1m");
        assert_eq!(Deadline::from_ms(250).header(), "250m");
        assert!(Deadline::from_ms(u32::MAX).header().len() <= 9);
    }

    #[test]
    fn it_is_1_ms_at_least_and_10_minutes_at_most() {
        let times = [0, 1, 600_000, 600_001].map(|ms| Deadline::from_ms(ms).time().as_millis());
        assert_eq!(times, [1, 1, 600_000, 600_000]);
    }

    #[test]
    fn passed_it_is_told_with_its_code_and_the_time() {
        let failure = Deadline::from_ms(250).passed();
        assert_eq!(failure.code_name(), "DEADLINE_EXCEEDED");
        assert!(failure.words().contains("deadline of 250\u{a0}ms"), "{}", failure.words());
    }
}
