//! The response of a call and its round trip. Part of step 9 of the path of a click.

use std::fmt;

/// Keeps a number and its unit on one line.
const NBSP: char = '\u{a0}';

/// The response to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response {
    /// The number that the service received.
    pub sent: i64,
    /// The number that the service returned.
    pub returned: i64,
    /// The round trip.
    pub round_trip: RoundTrip,
}

/// The round trip of a call. Displayed as the line below the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// The HTTP version of the connection, if the browser reports it.
    pub http: Option<HttpVersion>,
    /// The time from the request to the response.
    pub elapsed: Elapsed,
    /// The length of the request message without its frame, in bytes.
    pub bytes_sent: usize,
    /// The length of the response message without its frame, in bytes.
    pub bytes_received: usize,
}

/// The HTTP version below gRPC-Web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
}

/// A duration in tenths of a millisecond, the resolution of browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed(u32);

/// The font size of a response: the longer its numbers, the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FontSize {
    /// Both numbers fit on a line.
    Large,
    /// Each number has a line of its own on a narrow screen.
    Medium,
    /// Up to the 20 characters of the smallest 64-bit integer.
    Small,
}

impl Response {
    /// Returns the font size for the two numbers.
    pub fn font_size(&self) -> FontSize {
        match decimal_length(self.sent).max(decimal_length(self.returned)) {
            ..=5 => FontSize::Large,
            6..=11 => FontSize::Medium,
            _ => FontSize::Small,
        }
    }
}

/// Returns the number of characters in decimal.
fn decimal_length(number: i64) -> usize {
    let sign = usize::from(number < 0);
    sign + number.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1)
}

impl HttpVersion {
    /// Parses an ALPN identifier (registry of RFC 7301), as in `nextHopProtocol`.
    pub fn from_alpn(id: &str) -> Option<Self> {
        match id {
            "http/1.1" => Some(Self::Http1),
            "h2" | "h2c" => Some(Self::Http2),
            "h3" => Some(Self::Http3),
            _ => None,
        }
    }

    /// Returns the name, such as `HTTP/2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Http3 => "HTTP/3",
        }
    }
}

impl Elapsed {
    /// Returns the duration between two times in milliseconds; 0 if the clock ran backwards.
    pub fn between(start_ms: f64, end_ms: f64) -> Self {
        Self(((end_ms - start_ms) * 10.0).round() as u32)
    }

    /// Returns the duration in tenths of a millisecond.
    pub fn tenths(self) -> u32 {
        self.0
    }

    /// Creates a duration from tenths of a millisecond.
    pub fn from_tenths(tenths: u32) -> Self {
        Self(tenths)
    }
}

impl fmt::Display for Elapsed {
    // Integers only: formatting floats would add several kilobytes to the page.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, tenth) = (self.0 / 10, self.0 % 10);
        if whole < 100 { write!(f, "{whole}.{tenth}{NBSP}ms") } else { write!(f, "{whole}{NBSP}ms") }
    }
}

impl fmt::Display for RoundTrip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gRPC-Web")?;
        if let Some(http) = self.http {
            write!(f, " over {}", http.name())?;
        }
        let bytes = if self.bytes_sent == 1 { "byte" } else { "bytes" };
        write!(
            f,
            " · {} · {}{NBSP}{bytes} sent, {} received",
            self.elapsed, self.bytes_sent, self.bytes_received
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_trip_is_formatted_as_one_line() {
        let mut round_trip = RoundTrip {
            http: HttpVersion::from_alpn("h2"),
            elapsed: Elapsed::between(1000.0, 1004.24),
            bytes_sent: 3,
            bytes_received: 6,
        };
        assert_eq!(
            round_trip.to_string(),
            "gRPC-Web over HTTP/2 · 4.2\u{a0}ms · 3\u{a0}bytes sent, 6 received"
        );
        round_trip.bytes_sent = 1;
        assert!(round_trip.to_string().ends_with("1\u{a0}byte sent, 6 received"));
    }

    #[test]
    fn an_unknown_protocol_is_omitted() {
        let round_trip = RoundTrip {
            http: HttpVersion::from_alpn(""),
            elapsed: Elapsed::between(0.0, 1.0),
            bytes_sent: 0,
            bytes_received: 2,
        };
        assert_eq!(round_trip.to_string(), "gRPC-Web · 1.0\u{a0}ms · 0\u{a0}bytes sent, 2 received");
    }

    #[test]
    fn only_durations_below_100_ms_have_tenths() {
        for (ms, text) in [(0.0, "0.0"), (0.04, "0.0"), (99.94, "99.9"), (99.96, "100"), (1234.5, "1234")] {
            assert_eq!(Elapsed::between(0.0, ms).to_string(), format!("{text}\u{a0}ms"));
        }
        assert_eq!(Elapsed::between(5.0, 4.0).to_string(), "0.0\u{a0}ms");
    }

    #[test]
    fn the_longer_number_determines_the_font_size() {
        let round_trip =
            RoundTrip { http: None, elapsed: Elapsed::between(0.0, 0.0), bytes_sent: 0, bytes_received: 0 };
        let font_size = |sent: i64| Response { sent, returned: sent + 1, round_trip }.font_size();
        for (sent, expected) in [
            (0, FontSize::Large),
            (99_998, FontSize::Large),
            (99_999, FontSize::Medium),
            (-10_000, FontSize::Medium),
            (2_147_483_647, FontSize::Medium),
            (99_999_999_999, FontSize::Small),
            (i64::MIN, FontSize::Small),
        ] {
            assert_eq!(font_size(sent), expected, "{sent}");
        }
    }

    #[test]
    fn the_decimal_length_counts_every_character() {
        for number in [0, 9, 10, -1, -10, 9999, i64::MAX, i64::MIN] {
            assert_eq!(decimal_length(number), number.to_string().len(), "{number}");
        }
    }
}
