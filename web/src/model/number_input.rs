//! Parses the number field. Step 1 of the path of a click.

use std::num::IntErrorKind;

/// The number of random numbers: 0 to 9999.
const RANDOM_NUMBERS: u16 = 10_000;

/// The content of the number field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberInput {
    /// The field is empty: a random number.
    Random,
    /// A typed number.
    Number(i64),
}

/// The reason why a text is rejected, shown below the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A sign without digits.
    #[error("Type digits after the sign.")]
    OnlySign,
    /// Letters, a decimal point, or inner spaces or commas.
    #[error("This is not a whole number. Type digits only, such as 5681 or -12.")]
    NotWhole,
    /// Above the largest 64-bit integer.
    #[error("This number is too large. The largest is {}.", i64::MAX)]
    TooLarge,
    /// Below the smallest 64-bit integer.
    #[error("This number is too small. The smallest is {}.", i64::MIN)]
    TooSmall,
}

impl NumberInput {
    /// Parses the text of the field, ignoring surrounding spaces.
    ///
    /// Fails with an [`InputError`] when it is not a 64-bit integer.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Random);
        }
        if text == "-" || text == "+" {
            return Err(InputError::OnlySign);
        }
        text.parse().map(Self::Number).map_err(|error| match error.kind() {
            IntErrorKind::PosOverflow => InputError::TooLarge,
            IntErrorKind::NegOverflow => InputError::TooSmall,
            _ => InputError::NotWhole,
        })
    }

    /// Returns the number to send. Calls `random`, which returns 0 to below 1, only for an empty field.
    pub fn number(self, random: impl FnOnce() -> f64) -> i64 {
        match self {
            Self::Number(number) => number,
            Self::Random => (random() * f64::from(RANDOM_NUMBERS)) as i64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_field_is_a_random_number() {
        assert_eq!(NumberInput::parse(""), Ok(NumberInput::Random));
        assert_eq!(NumberInput::parse("  \t "), Ok(NumberInput::Random));
    }

    #[test]
    fn every_64_bit_integer_is_accepted() {
        for (text, number) in [
            ("5681", 5681),
            (" 5681\n", 5681),
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("007", 7),
            ("-12", -12),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(NumberInput::parse(text), Ok(NumberInput::Number(number)), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_rejected_with_its_reason() {
        for (text, reason) in [
            ("abc", InputError::NotWhole),
            ("1.5", InputError::NotWhole),
            ("1e3", InputError::NotWhole),
            ("1,000", InputError::NotWhole),
            ("1 000", InputError::NotWhole),
            ("--1", InputError::NotWhole),
            ("٣", InputError::NotWhole),
            ("-", InputError::OnlySign),
            (" + ", InputError::OnlySign),
            ("9223372036854775808", InputError::TooLarge),
            ("99999999999999999999999999", InputError::TooLarge),
            ("-9223372036854775809", InputError::TooSmall),
        ] {
            assert_eq!(NumberInput::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn errors_of_size_name_the_limit() {
        assert!(InputError::TooLarge.to_string().contains("9223372036854775807"));
        assert!(InputError::TooSmall.to_string().contains("-9223372036854775808"));
    }

    #[test]
    fn random_numbers_range_from_0_to_9999() {
        assert_eq!(NumberInput::Random.number(|| 0.0), 0);
        assert_eq!(NumberInput::Random.number(|| 0.568_19), 5681);
        assert_eq!(NumberInput::Random.number(|| 1.0 - f64::EPSILON), 9999);
    }

    #[test]
    fn a_typed_number_is_sent_unchanged() {
        assert_eq!(NumberInput::Number(-12).number(|| unreachable!("no random number is wanted")), -12);
    }
}
