//! The number to send: the one in the field, or a random one.

use std::num::ParseIntError;

/// The number of random numbers: 0 to 9999.
const RANDOM_NUMBERS: f64 = 10_000.0;

/// Returns the number in the field, none where it is empty.
pub(crate) fn chosen_number(text: &str) -> Result<Option<i64>, ParseIntError> {
    match text.trim() {
        "" => Ok(None),
        digits => digits.parse().map(Some),
    }
}

/// Returns a random number from 0 to 9999.
pub(crate) fn random_number() -> i64 {
    (js_sys::Math::random() * RANDOM_NUMBERS) as i64
}
