//! Reads the number field: step 1 of a click's way. Must not know the screen or the network.

use std::num::IntErrorKind;

/// How many random numbers there are: 0 to 9999.
const RANDOM_NUMBERS: u16 = 10_000;

/// What the field asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The field is empty: a random number.
    Random,
    /// The number that was typed.
    Number(i64),
}

/// Why a text cannot be sent, in words for the person who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A sign and nothing after it: not wrong yet.
    #[error("Type digits after the sign.")]
    OnlySign,
    /// Letters, a decimal point, spaces or commas inside.
    #[error("This is not a whole number. Type digits only, such as 5681 or -12.")]
    NotWhole,
    /// Above the largest 64-bit integer.
    #[error("This number is too large. The largest is {}.", i64::MAX)]
    TooLarge,
    /// Below the smallest 64-bit integer.
    #[error("This number is too small. The smallest is {}.", i64::MIN)]
    TooSmall,
}

impl Entry {
    /// Reads what was typed; spaces around it do not matter.
    ///
    /// Fails with the [`Refusal`] to show when it is no 64-bit integer.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Random);
        }
        if text == "-" || text == "+" {
            return Err(Refusal::OnlySign);
        }
        text.parse().map(Self::Number).map_err(|error| match error.kind() {
            IntErrorKind::PosOverflow => Refusal::TooLarge,
            IntErrorKind::NegOverflow => Refusal::TooSmall,
            _ => Refusal::NotWhole,
        })
    }

    /// The number to send; `random`, from 0 to just below 1, is asked only when one is wanted.
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
    fn an_empty_field_asks_for_a_random_number() {
        assert_eq!(Entry::parse(""), Ok(Entry::Random));
        assert_eq!(Entry::parse("  \t "), Ok(Entry::Random));
    }

    #[test]
    fn every_64_bit_integer_is_taken() {
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
            assert_eq!(Entry::parse(text), Ok(Entry::Number(number)), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for (text, reason) in [
            ("abc", Refusal::NotWhole),
            ("1.5", Refusal::NotWhole),
            ("1e3", Refusal::NotWhole),
            ("1,000", Refusal::NotWhole),
            ("1 000", Refusal::NotWhole),
            ("--1", Refusal::NotWhole),
            ("٣", Refusal::NotWhole),
            ("-", Refusal::OnlySign),
            (" + ", Refusal::OnlySign),
            ("9223372036854775808", Refusal::TooLarge),
            ("99999999999999999999999999", Refusal::TooLarge),
            ("-9223372036854775809", Refusal::TooSmall),
        ] {
            assert_eq!(Entry::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn a_refusal_of_size_names_the_limit() {
        assert!(Refusal::TooLarge.to_string().contains("9223372036854775807"));
        assert!(Refusal::TooSmall.to_string().contains("-9223372036854775808"));
    }

    #[test]
    fn random_numbers_reach_from_0_to_9999() {
        assert_eq!(Entry::Random.number(|| 0.0), 0);
        assert_eq!(Entry::Random.number(|| 0.568_19), 5681);
        assert_eq!(Entry::Random.number(|| 1.0 - f64::EPSILON), 9999);
    }

    #[test]
    fn a_typed_number_is_sent_as_it_is() {
        assert_eq!(Entry::Number(-12).number(|| unreachable!("no random number is wanted")), -12);
    }
}
