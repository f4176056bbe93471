//! Exponential backoff between attempts to reconnect. Independent of the clock.

/// The delay after the first failure, in milliseconds.
const INITIAL_MS: u32 = 500;

/// The maximum delay, in milliseconds.
const MAX_MS: u32 = 10_000;

/// A delay that doubles with each consecutive failure.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    next_ms: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next_ms: INITIAL_MS }
    }
}

impl Backoff {
    /// Registers a failure and returns the delay before the next attempt, in milliseconds.
    pub fn fail(&mut self) -> u32 {
        let delay_ms = self.next_ms;
        self.next_ms = (2 * delay_ms).min(MAX_MS);
        delay_ms
    }

    /// Resets the delay after a success.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_maximum() {
        let mut backoff = Backoff::default();
        let delays = [0; 7].map(|_| backoff.fail());
        assert_eq!(delays, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn a_success_resets_the_delay() {
        let mut backoff = Backoff::default();
        backoff.fail();
        backoff.fail();
        backoff.reset();
        assert_eq!([backoff.fail(), backoff.fail()], [500, 1000]);
    }
}
