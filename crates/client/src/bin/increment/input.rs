//! Parses numbers from a text, one per line.

use std::io::{self, BufRead, Read};

/// The maximum length of a line, in bytes without its end, which bounds the memory for any input.
const LINE_LIMIT: u64 = 100;

/// Why a line cannot be read or parsed. Lines are counted from 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// The line is not a number.
    #[error("line {line} of the input is not a whole number of 64 bits: {text:?}")]
    NotANumber {
        /// The line's number.
        line: u64,
        /// The line.
        text: String,
    },
    /// The line is longer than any number.
    #[error("line {line} of the input is longer than {LINE_LIMIT} bytes: it begins with {text:?}")]
    TooLong {
        /// The line's number.
        line: u64,
        /// The beginning of the line.
        text: String,
    },
    /// The input cannot be read.
    #[error("cannot read line {line} of the input: {source}")]
    Unreadable {
        /// The line's number.
        line: u64,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// Returns the numbers of `input`, one per line, without blank lines. Iteration must stop at an error.
pub(crate) fn numbers(mut input: impl BufRead) -> impl Iterator<Item = Result<i64, InputError>> {
    let lines = (1..).map_while(move |line| next_line(&mut input, line).transpose());
    lines.zip(1..).filter_map(|(text, line)| match text {
        Ok(text) if text.trim().is_empty() => None,
        Ok(text) => {
            Some(text.trim().parse().map_err(|_| InputError::NotANumber { line, text: text.trim().into() }))
        }
        Err(error) => Some(Err(error)),
    })
}

/// Reads the next line, with its end. Returns `None` at the end of the input.
fn next_line(input: &mut impl BufRead, line: u64) -> Result<Option<String>, InputError> {
    let mut bytes = Vec::new();
    let read = input.take(LINE_LIMIT + 1).read_until(b'\n', &mut bytes);
    read.map_err(|source| InputError::Unreadable { line, source })?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match bytes.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(text)),
        Some(_) if bytes.len() as u64 <= LINE_LIMIT => Ok(Some(text)),
        Some(_) => Err(InputError::TooLong { line, text: text.chars().take(20).collect() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the numbers before the first error, and the error.
    fn read(input: &[u8]) -> (Vec<i64>, Option<String>) {
        let mut read = Vec::new();
        for number in numbers(input) {
            match number {
                Ok(number) => read.push(number),
                Err(error) => return (read, Some(error.to_string())),
            }
        }
        (read, None)
    }

    #[test]
    fn numbers_are_parsed_with_any_line_ending() {
        for (input, expected) in [
            (&b""[..], &[][..]),
            (b"\n\r\n  \n", &[]),
            (b"5681", &[5681]),
            (b"1\n2\r\n\n \t3 \n+4", &[1, 2, 3, 4]),
            (b"-9223372036854775808\n9223372036854775807\n", &[i64::MIN, i64::MAX]),
        ] {
            assert_eq!(read(input), (expected.to_vec(), None));
        }
    }

    #[test]
    fn the_error_names_a_line_that_is_not_a_number() {
        for (line, shown) in [
            (&b"x"[..], "\"x\""),
            (b"1 2", "\"1 2\""),
            (b"1.5", "\"1.5\""),
            (b"0x10", "\"0x10\""),
            (b"9223372036854775808", "\"9223372036854775808\""),
            (b"\x1b[2J\0", "\"\\u{1b}[2J\\0\""),
            (b"\xff", "\"\u{fffd}\""),
        ] {
            let input = [b"1\n\n", line, b"\n4\n"].concat();
            let message = format!("line 3 of the input is not a whole number of 64 bits: {shown}");
            assert_eq!(read(&input), (vec![1], Some(message)));
        }
    }

    #[test]
    fn a_line_has_at_most_100_bytes() {
        let line = |length| format!("{:0>length$}", 7).into_bytes();
        assert_eq!(read(&line(100)), (vec![7], None));
        assert_eq!(read(&[line(100), b"\n8".to_vec()].concat()), (vec![7, 8], None));
        let message = "line 2 of the input is longer than 100 bytes: it begins with \"00000000000000000000\"";
        for end in ["", "\n"] {
            let input = [b"1\n".to_vec(), line(101), end.into()].concat();
            assert_eq!(read(&input), (vec![1], Some(message.into())));
        }
    }

    #[test]
    fn a_line_without_an_end_is_rejected() {
        let endless = io::BufReader::new(io::repeat(b'1'));
        let error = numbers(endless).next().unwrap().unwrap_err();
        assert!(matches!(error, InputError::TooLong { line: 1, .. }), "{error}");
    }
}
