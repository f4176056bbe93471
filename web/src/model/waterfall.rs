//! The same calls over two connections, as a timing diagram. Independent of how the calls are made.

use super::response::HttpVersion;

/// The number of concurrent calls.
pub const CALLS: usize = 20;

/// The times of a call, in tenths of a millisecond after the start of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The start of the call.
    pub started: u32,
    /// When the browser sent the request: it may wait for a connection.
    pub sent: u32,
    /// The end of the response.
    pub ended: u32,
}

/// Concurrent calls to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waterfall {
    /// The address, such as `https://localhost:5000`.
    pub origin: String,
    /// The HTTP version, if the browser reports it.
    pub http: Option<HttpVersion>,
    /// The calls in the order of their start.
    pub bars: Vec<Bar>,
}

impl Waterfall {
    /// Returns the end of the last response, in tenths of a millisecond.
    pub fn duration(&self) -> u32 {
        self.bars.iter().map(|bar| bar.ended).max().unwrap_or(0)
    }

    /// Returns the maximum number of calls in flight.
    pub fn max_in_flight(&self) -> usize {
        let in_flight = |at: u32| self.bars.iter().filter(|bar| bar.sent <= at && at < bar.ended).count();
        // It increases only when a request is sent.
        self.bars.iter().map(|bar| in_flight(bar.sent)).max().unwrap_or(0)
    }
}

/// Returns the time at the right edge of both diagrams, in tenths of a millisecond; at least 1.
pub fn scale(waterfalls: &[Waterfall; 2]) -> u32 {
    waterfalls.iter().map(Waterfall::duration).max().unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waterfall(http: HttpVersion, bars: &[(u32, u32, u32)]) -> Waterfall {
        let bars = bars.iter().map(|&(started, sent, ended)| Bar { started, sent, ended }).collect();
        Waterfall { origin: "https://a.example".into(), http: Some(http), bars }
    }

    #[test]
    fn waiting_calls_are_not_in_flight() {
        let queued = waterfall(HttpVersion::Http1, &[(0, 1, 10), (0, 2, 12), (0, 10, 20), (1, 12, 30)]);
        assert_eq!(queued.max_in_flight(), 2);
        assert_eq!(queued.duration(), 30);
        let together = waterfall(HttpVersion::Http2, &[(0, 1, 10), (0, 2, 12), (0, 3, 11)]);
        assert_eq!(together.max_in_flight(), 3);
        assert_eq!(waterfall(HttpVersion::Http2, &[]).max_in_flight(), 0);
    }

    #[test]
    fn both_diagrams_have_the_scale_of_the_longer() {
        let one = waterfall(HttpVersion::Http1, &[(0, 5, 1000)]);
        let other = waterfall(HttpVersion::Http2, &[(0, 1, 100), (2, 3, 90)]);
        assert_eq!(scale(&[one, other]), 1000);
    }

    #[test]
    fn a_diagram_without_calls_has_a_width() {
        let none = waterfall(HttpVersion::Http2, &[]);
        assert_eq!(scale(&[none.clone(), none]), 1);
    }
}
