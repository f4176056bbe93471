//! The rule: x -> x+1. Step 6 of the path of a click. Independent of RPC.

/// A number whose increment does not fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be incremented: the result would be above {max}", max = i64::MAX)]
pub struct OutOfRange(pub i64);

/// Returns x+1. Fails with [`OutOfRange`] for 9223372036854775807.
pub fn increment(x: i64) -> Result<i64, OutOfRange> {
    x.checked_add(1).ok_or(OutOfRange(x))
}

/// The sum of results, and how many there are. Exact for any number of results: only the total must fit in 64 bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    count: u64,
    total: i128,
}

/// A sum that does not fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sum of the results, {0}, does not fit in 64 bits")]
pub struct SumOutOfRange(pub i128);

impl Sum {
    /// Adds a result.
    pub fn add(&mut self, result: i64) {
        self.count += 1;
        self.total += i128::from(result);
    }

    /// How many results were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum. Fails with [`SumOutOfRange`] when it does not fit in 64 bits.
    pub fn total(&self) -> Result<i64, SumOutOfRange> {
        i64::try_from(self.total).map_err(|_| SumOutOfRange(self.total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_followed_by_its_successor() {
        for (x, result) in [(0, 1), (-1, 0), (5681, 5682), (i64::MIN, i64::MIN + 1), (i64::MAX - 1, i64::MAX)]
        {
            assert_eq!(increment(x), Ok(result));
        }
    }

    #[test]
    fn the_largest_number_is_rejected() {
        assert_eq!(increment(i64::MAX), Err(OutOfRange(i64::MAX)));
    }

    #[test]
    fn only_the_total_must_fit_in_64_bits() {
        let sum = |results: &[i64]| {
            let mut sum = Sum::default();
            results.iter().for_each(|result| sum.add(*result));
            (sum.count(), sum.total())
        };
        assert_eq!(sum(&[]), (0, Ok(0)));
        assert_eq!(sum(&[i64::MAX, 1, -1]), (3, Ok(i64::MAX)));
        assert_eq!(sum(&[i64::MIN, i64::MAX, -1]), (3, Ok(-2)));
        assert_eq!(sum(&[i64::MAX, 1]), (2, Err(SumOutOfRange(1 << 63))));
        assert_eq!(sum(&[i64::MIN, -1]), (2, Err(SumOutOfRange(-(1 << 63) - 1))));
    }
}
