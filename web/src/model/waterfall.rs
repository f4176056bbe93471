//! The same calls over two connections, as a timing diagram. Independent of how the calls are made.

use std::fmt::Write;

use super::response::{Elapsed, HttpVersion};

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

    /// Renders the diagram; `scale` is the time at its right edge.
    pub fn html(&self, scale: u32) -> String {
        let http = self.http.map_or("HTTP of an unknown version", HttpVersion::name);
        let (max, duration) = (self.max_in_flight(), Elapsed::from_tenths(self.duration()));
        let (mut waiting, mut in_flight) = (String::new(), String::new());
        for (index, Bar { started, sent, ended }) in self.bars.iter().enumerate() {
            // Writing to a string never fails.
            let _ = write!(waiting, "M{started} {index}.5H{sent}");
            let _ = write!(in_flight, "M{sent} {index}.5H{ended}");
        }
        format!(
            "<div data-testid=waterfall data-http=\"{http}\" data-calls={} data-in-flight={max}><p><b>{http}</b> {}</p>\
             <p>The last response after {duration}; up to {max} in flight</p>\
             <svg aria-hidden=true viewBox=\"0 0 {scale} {CALLS}\" preserveAspectRatio=none>\
             <path class=waiting d=\"{waiting}\"/><path d=\"{in_flight}\"/></svg></div>",
            self.bars.len(),
            self.origin,
        )
    }
}

/// Renders both diagrams to one scale.
pub fn html(waterfalls: &[Waterfall; 2]) -> String {
    let scale = waterfalls.iter().map(Waterfall::duration).max().unwrap_or(0).max(1);
    waterfalls.iter().map(|waterfall| waterfall.html(scale)).collect()
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
    fn both_diagrams_have_one_scale() {
        let one = waterfall(HttpVersion::Http1, &[(0, 5, 1000)]);
        let other = waterfall(HttpVersion::Http2, &[(0, 1, 100), (2, 3, 90)]);
        let html = html(&[one, other]);
        assert_eq!(html.matches("viewBox=\"0 0 1000 20\"").count(), 2, "{html}");
        assert!(html.contains("<b>HTTP/1.1</b> https://a.example"), "{html}");
        assert!(
            html.contains("<path class=waiting d=\"M0 0.5H1M2 1.5H3\"/><path d=\"M1 0.5H100M3 1.5H90\"/>"),
            "{html}"
        );
        assert!(html.contains("The last response after 10.0\u{a0}ms; up to 2 in flight"), "{html}");
    }

    #[test]
    fn a_diagram_without_calls_has_a_width() {
        let none = waterfall(HttpVersion::Http2, &[]);
        assert!(html(&[none.clone(), none]).contains("viewBox=\"0 0 1 20\""));
    }
}
