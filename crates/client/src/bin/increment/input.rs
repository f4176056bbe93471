//! Numbers as people and programs write them, a line each. Must not know what becomes of them.

use std::io::{self, BufRead, Read};

/// The longest line, in bytes without its end: no input takes more memory than this.
const LINE_LIMIT: u64 = 100;

/// Why there are no more numbers.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// It is something else.
    #[error("line {line} of the input is no whole number of 64 bits: {text:?}")]
    NotANumber {
        /// Counted from 1.
        line: u64,
        /// What it is instead.
        text: String,
    },
    /// It is longer than any number.
    #[error("line {line} of the input is longer than {LINE_LIMIT} bytes: it begins with {text:?}")]
    TooLong {
        /// Counted from 1.
        line: u64,
        /// Its begin.
        text: String,
    },
    /// There is nothing to read.
    #[error("cannot read line {line} of the input: {source}")]
    Unreadable {
        /// Counted from 1.
        line: u64,
        /// What the system said.
        source: io::Error,
    },
}

/// The numbers of `input`, a line each; blank lines are skipped. An error is the last item to ask for.
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

/// The next line, with its end; none at the end of the input.
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

    /// What is read, and the first error.
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
    fn numbers_are_read_however_their_lines_end() {
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
    fn a_line_that_is_no_number_is_named() {
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
            let message = format!("line 3 of the input is no whole number of 64 bits: {shown}");
            assert_eq!(read(&input), (vec![1], Some(message)));
        }
    }

    #[test]
    fn a_line_may_have_100_bytes() {
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
    fn a_line_without_an_end_is_given_up() {
        let endless = io::BufReader::new(io::repeat(b'1'));
        let error = numbers(endless).next().unwrap().unwrap_err();
        assert!(matches!(error, InputError::TooLong { line: 1, .. }), "{error}");
    }
}
