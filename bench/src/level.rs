//! How many calls are in flight at once, and how many are made.

/// Calls in flight: as many streams on each of some connections.
pub(crate) struct Level {
    pub(crate) connections: usize,
    pub(crate) streams: usize,
}

/// One call at a time, then more and more on eight connections.
pub(crate) const LEVELS: [Level; 4] = [
    Level { connections: 1, streams: 1 },
    Level { connections: 8, streams: 2 },
    Level { connections: 8, streams: 16 },
    Level { connections: 8, streams: 128 },
];

/// How long one turn of all servers takes: about a second each where they are alike.
const SECONDS: f64 = 3.0;
/// Fewer calls have no 99th percentile.
const FEWEST: usize = 200;
/// The log of as many is some tens of megabytes.
const MOST: usize = 1_000_000;

impl Level {
    pub(crate) fn in_flight(&self) -> usize {
        self.connections * self.streams
    }

    /// Enough for every stream.
    pub(crate) fn warm_up_calls(&self) -> usize {
        (20 * self.in_flight()).max(FEWEST)
    }

    /// How many calls to make, given each server's calls per second: the same number for all, so that connecting
    /// costs the same.
    pub(crate) fn calls(&self, rates: &[f64]) -> usize {
        let seconds_per_call: f64 = rates.iter().map(|rate| rate.recip()).sum();
        let calls = SECONDS / seconds_per_call;
        (calls as usize).clamp(self.warm_up_calls(), MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_take_their_time_together() {
        let [alone, .., crowd] = LEVELS;
        assert_eq!(crowd.in_flight(), 1024);
        assert_eq!(crowd.calls(&[60_000.0, 60_000.0, 60_000.0]), 60_000);
        assert_eq!(alone.calls(&[4000.0, 4000.0, 400.0]), 1000);
        assert_eq!(alone.calls(&[4000.0, 4000.0, 10.0]), 200, "never too few");
        assert_eq!(alone.calls(&[f64::INFINITY; 3]), MOST, "nor too many");
    }
}
