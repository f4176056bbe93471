//! An answer and what its way was like: what step 9 shows of a call that went well. Must not know how
//! either was found out.

use std::fmt;

/// Keeps a number and its unit on one line.
const NBSP: char = '\u{a0}';

/// What came back for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The number as the service got it.
    pub sent: i64,
    /// The number as the service returned it.
    pub returned: i64,
    /// What was seen of the way there and back.
    pub trip: Trip,
}

/// What was seen of a call's way there and back. As text, the quiet line under an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// The HTTP version of the connection, where the browser tells it.
    pub http: Option<HttpVersion>,
    /// From the call to its answer.
    pub took: Took,
    /// The length of the request message, in bytes, without its frame.
    pub bytes_sent: usize,
    /// The length of the response message, in bytes, without its frame.
    pub bytes_received: usize,
}

/// The version of HTTP under gRPC-Web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
}

/// How long a call took, in tenths of a millisecond: as fine as browsers measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took(u32);

/// How much room a sent and a returned number take: the longer they are, the smaller they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Both fit on a line in the largest size.
    Short,
    /// Each takes a line of its own where there is little room.
    Medium,
    /// Up to the 20 characters of the smallest 64-bit integer.
    Long,
}

impl Answer {
    /// How much room the two numbers take.
    pub fn room(&self) -> Room {
        match length(self.sent).max(length(self.returned)) {
            ..=5 => Room::Short,
            6..=11 => Room::Medium,
            _ => Room::Long,
        }
    }
}

/// The number of characters of a number in decimal.
fn length(number: i64) -> usize {
    let sign = usize::from(number < 0);
    sign + number.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1)
}

impl HttpVersion {
    /// Reads a protocol's ALPN identifier (RFC 7301's registry), as `nextHopProtocol` gives it.
    pub fn from_alpn(id: &str) -> Option<Self> {
        match id {
            "http/1.1" => Some(Self::Http1),
            "h2" | "h2c" => Some(Self::Http2),
            "h3" => Some(Self::Http3),
            _ => None,
        }
    }

    /// Its name, such as `HTTP/2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Http3 => "HTTP/3",
        }
    }
}

impl Took {
    /// The time between two moments in milliseconds; a clock that ran backwards gives 0.
    pub fn between(start_ms: f64, end_ms: f64) -> Self {
        Self(((end_ms - start_ms) * 10.0).round() as u32)
    }

    /// The time in tenths of a millisecond.
    pub fn tenths(self) -> u32 {
        self.0
    }

    /// A time that is given in tenths of a millisecond.
    pub fn from_tenths(tenths: u32) -> Self {
        Self(tenths)
    }
}

impl fmt::Display for Took {
    // Whole numbers only: writing floats would add several kilobytes to the page.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, tenth) = (self.0 / 10, self.0 % 10);
        if whole < 100 { write!(f, "{whole}.{tenth}{NBSP}ms") } else { write!(f, "{whole}{NBSP}ms") }
    }
}

impl fmt::Display for Trip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gRPC-Web")?;
        if let Some(http) = self.http {
            write!(f, " over {}", http.name())?;
        }
        let bytes = if self.bytes_sent == 1 { "byte" } else { "bytes" };
        write!(
            f,
            " · {} · {}{NBSP}{bytes} sent, {} received",
            self.took, self.bytes_sent, self.bytes_received
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trip_reads_as_one_line() {
        let mut trip = Trip {
            http: HttpVersion::from_alpn("h2"),
            took: Took::between(1000.0, 1004.24),
            bytes_sent: 3,
            bytes_received: 6,
        };
        assert_eq!(trip.to_string(), "gRPC-Web over HTTP/2 · 4.2\u{a0}ms · 3\u{a0}bytes sent, 6 received");
        trip.bytes_sent = 1;
        assert!(trip.to_string().ends_with("1\u{a0}byte sent, 6 received"));
    }

    #[test]
    fn an_unknown_protocol_is_left_out() {
        let trip = Trip {
            http: HttpVersion::from_alpn(""),
            took: Took::between(0.0, 1.0),
            bytes_sent: 0,
            bytes_received: 2,
        };
        assert_eq!(trip.to_string(), "gRPC-Web · 1.0\u{a0}ms · 0\u{a0}bytes sent, 2 received");
    }

    #[test]
    fn a_time_has_tenths_below_100_ms_only() {
        for (ms, text) in [(0.0, "0.0"), (0.04, "0.0"), (99.94, "99.9"), (99.96, "100"), (1234.5, "1234")] {
            assert_eq!(Took::between(0.0, ms).to_string(), format!("{text}\u{a0}ms"));
        }
        assert_eq!(Took::between(5.0, 4.0).to_string(), "0.0\u{a0}ms");
    }

    #[test]
    fn the_longer_of_the_two_numbers_decides_the_room() {
        let trip = Trip { http: None, took: Took::between(0.0, 0.0), bytes_sent: 0, bytes_received: 0 };
        let room = |sent: i64| Answer { sent, returned: sent + 1, trip }.room();
        for (sent, expected) in [
            (0, Room::Short),
            (99_998, Room::Short),
            (99_999, Room::Medium),
            (-10_000, Room::Medium),
            (2_147_483_647, Room::Medium),
            (99_999_999_999, Room::Long),
            (i64::MIN, Room::Long),
        ] {
            assert_eq!(room(sent), expected, "{sent}");
        }
    }

    #[test]
    fn the_length_counts_every_character() {
        for number in [0, 9, 10, -1, -10, 9999, i64::MAX, i64::MIN] {
            assert_eq!(length(number), number.to_string().len(), "{number}");
        }
    }
}
