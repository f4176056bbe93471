//! How long to wait before a server that is away is asked again. Must not know the clock.

/// The wait after the first failure, in milliseconds.
const FIRST_MS: u32 = 500;

/// The longest wait, in milliseconds.
const LONGEST_MS: u32 = 10_000;

/// Waits that double with each failure in a row.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    next_ms: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next_ms: FIRST_MS }
    }
}

impl Backoff {
    /// Notes a failure, and returns how long to wait, in milliseconds.
    pub fn fail(&mut self) -> u32 {
        let wait_ms = self.next_ms;
        self.next_ms = (2 * wait_ms).min(LONGEST_MS);
        wait_ms
    }

    /// Notes a success: the next failure is a first one.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let waits = [0; 7].map(|_| backoff.fail());
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    }

    #[test]
    fn a_success_begins_anew() {
        let mut backoff = Backoff::default();
        backoff.fail();
        backoff.fail();
        backoff.succeed();
        assert_eq!([backoff.fail(), backoff.fail()], [500, 1000]);
    }
}
