//! The rule: x -> x+1. Step 6 of a click's way. Must not know how numbers come and go.

/// A number whose increment does not fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} cannot be incremented: the result would be above {max}", max = i64::MAX)]
pub struct OutOfRange(pub i64);

/// Returns x+1. Fails with [`OutOfRange`] for 9223372036854775807.
pub fn increment(x: i64) -> Result<i64, OutOfRange> {
    x.checked_add(1).ok_or(OutOfRange(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_followed_by_the_next() {
        for (x, result) in [(0, 1), (-1, 0), (5681, 5682), (i64::MIN, i64::MIN + 1), (i64::MAX - 1, i64::MAX)]
        {
            assert_eq!(increment(x), Ok(result));
        }
    }

    #[test]
    fn the_largest_number_is_refused() {
        assert_eq!(increment(i64::MAX), Err(OutOfRange(i64::MAX)));
    }
}
