//! The latencies of the newest calls in a compact form, and their percentiles.

use std::collections::VecDeque;

use super::response::Elapsed;

/// The number of latencies kept, at 4 bytes each.
pub const CAPACITY: usize = 10_000;

/// The percentiles that are shown.
pub const PERCENTS: [usize; 3] = [50, 90, 99];

/// The latencies of the newest calls, in the order of completion.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    tenths: VecDeque<u32>,
}

impl Latencies {
    /// Adds the latency of a call.
    pub fn push(&mut self, elapsed: Elapsed) {
        if self.tenths.len() == CAPACITY {
            self.tenths.pop_front();
        }
        self.tenths.push_back(elapsed.tenths());
    }

    /// Removes all latencies.
    pub fn clear(&mut self) {
        self.tenths.clear();
    }

    /// Returns the number of latencies.
    pub fn len(&self) -> usize {
        self.tenths.len()
    }

    /// Returns whether there are no latencies.
    pub fn is_empty(&self) -> bool {
        self.tenths.is_empty()
    }

    /// Returns the latencies in tenths of a millisecond, oldest first.
    pub fn tenths(&self) -> impl Iterator<Item = u32> {
        self.tenths.iter().copied()
    }

    /// Returns the latency of each of [`PERCENTS`] by nearest rank; none without calls.
    pub fn percentiles(&self) -> Option<[Elapsed; 3]> {
        let mut sorted: Vec<u32> = self.tenths().collect();
        sorted.sort_unstable();
        if sorted.is_empty() {
            return None;
        }
        // Counted from 1.
        let rank = |percent: usize| (sorted.len() * percent).div_ceil(100);
        Some(PERCENTS.map(|percent| Elapsed::from_tenths(sorted[rank(percent) - 1])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(tenths: impl IntoIterator<Item = u32>) -> Latencies {
        let mut latencies = Latencies::default();
        tenths.into_iter().for_each(|tenths| latencies.push(Elapsed::from_tenths(tenths)));
        latencies
    }

    fn percentiles(latencies: &Latencies) -> Vec<u32> {
        latencies.percentiles().into_iter().flatten().map(Elapsed::tenths).collect()
    }

    /// Returns the percentiles by definition.
    fn by_sorting(mut tenths: Vec<u32>) -> Vec<u32> {
        tenths.sort_unstable();
        PERCENTS.map(|percent| tenths[(tenths.len() * percent).div_ceil(100) - 1]).to_vec()
    }

    #[test]
    fn no_call_has_no_percentiles() {
        assert_eq!(Latencies::default().percentiles(), None);
    }

    #[test]
    fn one_call_is_every_percentile() {
        assert_eq!(percentiles(&latencies([42])), [42, 42, 42]);
        assert_eq!(percentiles(&latencies([0])), [0, 0, 0]);
    }

    #[test]
    fn percentiles_equal_those_of_the_sorted_latencies() {
        assert_eq!(percentiles(&latencies(1..=100)), [50, 90, 99]);
        assert_eq!(percentiles(&latencies((1..=100).rev())), [50, 90, 99]);
        // A multiplicative generator (Lehmer) makes times without any order.
        let mut seed = 5681_u64;
        for count in [2, 3, 10, 99, 101, 1234, CAPACITY] {
            let tenths: Vec<_> = (0..count)
                .map(|_| {
                    seed = seed * 48_271 % 0x7fff_ffff;
                    (seed % 5000) as u32
                })
                .collect();
            assert_eq!(percentiles(&latencies(tenths.clone())), by_sorting(tenths), "{count}");
        }
    }

    #[test]
    fn a_very_long_latency_is_found() {
        assert_eq!(percentiles(&latencies([1, u32::MAX, u32::MAX])), [u32::MAX; 3]);
    }

    #[test]
    fn only_the_newest_latencies_are_kept() {
        let most = CAPACITY as u32;
        let latencies = latencies(0..most + 5);
        assert_eq!(latencies.len(), CAPACITY);
        assert_eq!(latencies.tenths().next(), Some(5));
        assert_eq!(latencies.tenths().last(), Some(most + 4));
    }

    #[test]
    fn after_a_clear_only_new_latencies_count() {
        let mut latencies = latencies([1, 2, 3]);
        latencies.clear();
        assert!(latencies.is_empty());
        latencies.push(Elapsed::from_tenths(9));
        assert_eq!(percentiles(&latencies), [9, 9, 9]);
    }
}
