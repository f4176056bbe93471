//! How long calls took: the newest ones in a compact form, and what they tell together. Must not know how
//! they are drawn.

use std::collections::VecDeque;

use super::response::Took;

/// How many calls are kept, at 4 bytes each; older ones are forgotten.
pub const KEPT: usize = 10_000;

/// The percentiles that are told: so many of 100 calls took no longer.
pub const PERCENTS: [usize; 3] = [50, 90, 99];

/// The times of the newest calls, in the order in which the calls ended.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    tenths: VecDeque<u32>,
}

impl Latencies {
    /// Notes how long a call took.
    pub fn push(&mut self, took: Took) {
        if self.tenths.len() == KEPT {
            self.tenths.pop_front();
        }
        self.tenths.push_back(took.tenths());
    }

    /// Forgets all of them, so that those to come are told by themselves.
    pub fn clear(&mut self) {
        self.tenths.clear();
    }

    /// How many calls are known.
    pub fn len(&self) -> usize {
        self.tenths.len()
    }

    /// No call is known.
    pub fn is_empty(&self) -> bool {
        self.tenths.is_empty()
    }

    /// Each time in tenths of a millisecond, oldest first.
    pub fn tenths(&self) -> impl Iterator<Item = u32> {
        self.tenths.iter().copied()
    }

    /// A time for each of [`PERCENTS`], by nearest rank: it is that of one of the calls. None where no call is
    /// known.
    pub fn percentiles(&self) -> Option<[Took; 3]> {
        let longest = self.tenths().max()?;
        Some(PERCENTS.map(|percent| Took::from_tenths(self.percentile(percent, longest))))
    }

    /// Halves the span in which it must lie: a sort would be faster, and cost the page kilobytes.
    fn percentile(&self, percent: usize, longest: u32) -> u32 {
        let rank = (self.len() * percent).div_ceil(100);
        let reaches = |limit: u32| self.tenths().filter(|&tenths| tenths <= limit).count() >= rank;
        let (mut least, mut most) = (0, longest);
        while least < most {
            let middle = least + (most - least) / 2;
            if reaches(middle) { most = middle } else { least = middle + 1 }
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tenths: impl IntoIterator<Item = u32>) -> Latencies {
        let mut latencies = Latencies::default();
        tenths.into_iter().for_each(|tenths| latencies.push(Took::from_tenths(tenths)));
        latencies
    }

    fn percentiles(latencies: &Latencies) -> Vec<u32> {
        latencies.percentiles().into_iter().flatten().map(Took::tenths).collect()
    }

    /// What the percentiles are by their definition.
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
        assert_eq!(percentiles(&of([42])), [42, 42, 42]);
        assert_eq!(percentiles(&of([0])), [0, 0, 0]);
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        assert_eq!(percentiles(&of(1..=100)), [50, 90, 99]);
        assert_eq!(percentiles(&of((1..=100).rev())), [50, 90, 99]);
        // A multiplicative generator (Lehmer) makes times without any order.
        let mut seed = 5681_u64;
        for count in [2, 3, 10, 99, 101, 1234, KEPT] {
            let tenths: Vec<_> = (0..count)
                .map(|_| {
                    seed = seed * 48_271 % 0x7fff_ffff;
                    (seed % 5000) as u32
                })
                .collect();
            assert_eq!(percentiles(&of(tenths.clone())), by_sorting(tenths), "{count}");
        }
    }

    #[test]
    fn a_very_long_time_is_found_too() {
        assert_eq!(percentiles(&of([1, u32::MAX, u32::MAX])), [u32::MAX; 3]);
    }

    #[test]
    fn only_the_newest_are_kept() {
        let most = KEPT as u32;
        let latencies = of(0..most + 5);
        assert_eq!(latencies.len(), KEPT);
        assert_eq!(latencies.tenths().next(), Some(5));
        assert_eq!(latencies.tenths().last(), Some(most + 4));
    }

    #[test]
    fn cleared_it_tells_of_what_comes_next_only() {
        let mut latencies = of([1, 2, 3]);
        latencies.clear();
        assert!(latencies.is_empty());
        latencies.push(Took::from_tenths(9));
        assert_eq!(percentiles(&latencies), [9, 9, 9]);
    }
}
