//! The caller's deadline, `grpc-timeout` (gRPC's PROTOCOL-HTTP2, Timeout).

use std::time::Duration;

use http::HeaderMap;
use tonic::Status;

const GRPC_TIMEOUT: &str = "grpc-timeout";

/// How many digits the value may have.
const MAX_DIGITS: usize = 8;

/// How long the caller waits; `None` without end. Fails with INVALID_ARGUMENT where the header cannot be read.
pub(crate) fn deadline(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get(GRPC_TIMEOUT) else { return Ok(None) };
    let malformed =
        || Status::invalid_argument("grpc-timeout is not up to 8 digits and one of H, M, S, m, u, n");
    value.to_str().ok().and_then(parse).map(Some).ok_or_else(malformed)
}

fn parse(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 60 * 60),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_in_every_unit() {
        let cases = [
            ("1H", Duration::from_secs(3600)),
            ("2M", Duration::from_secs(120)),
            ("3S", Duration::from_secs(3)),
            ("4m", Duration::from_millis(4)),
            ("5u", Duration::from_micros(5)),
            ("00000006n", Duration::from_nanos(6)),
            ("99999999H", Duration::from_secs(99_999_999 * 3600)),
        ];
        for (value, time) in cases {
            assert_eq!(parse(value), Some(time), "{value}");
        }
    }

    #[test]
    fn malformed_timeouts_are_refused() {
        for value in ["", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", "abc", "1é", "1 S"] {
            assert_eq!(parse(value), None, "{value:?}");
        }
    }
}
