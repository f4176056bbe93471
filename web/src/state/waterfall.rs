//! The same calls over two connections, side by side in time. Must not know how they were made, nor the screen.

use std::fmt::Write;

use super::response::{HttpVersion, Took};

/// How many calls are made at a time.
pub const CALLS: usize = 20;

/// A call, in tenths of a millisecond after the first was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// When the page made it.
    pub made: u32,
    /// When the browser sent it: it may have waited for a connection.
    pub sent: u32,
    /// When its answer had come.
    pub ended: u32,
}

/// Calls that were made at once to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waterfall {
    /// The address, such as `https://localhost:5000`.
    pub origin: String,
    /// The version of HTTP, where the browser tells it.
    pub http: Option<HttpVersion>,
    /// The calls in the order in which they were made.
    pub bars: Vec<Bar>,
}

impl Waterfall {
    /// When the last answer had come, in tenths of a millisecond.
    pub fn lasted(&self) -> u32 {
        self.bars.iter().map(|bar| bar.ended).max().unwrap_or(0)
    }

    /// The most calls that were under way at a time.
    pub fn most_at_once(&self) -> usize {
        let under_way = |at: u32| self.bars.iter().filter(|bar| bar.sent <= at && at < bar.ended).count();
        // It grows only where one is sent.
        self.bars.iter().map(|bar| under_way(bar.sent)).max().unwrap_or(0)
    }

    /// Words and a drawing as markup; `scale` is the time that is as wide as the drawing.
    pub fn html(&self, scale: u32) -> String {
        let http = self.http.map_or("HTTP of a version that the browser does not tell", HttpVersion::name);
        let (most, lasted) = (self.most_at_once(), Took::from_tenths(self.lasted()));
        let (mut waiting, mut under_way) = (String::new(), String::new());
        for (index, Bar { made, sent, ended }) in self.bars.iter().enumerate() {
            // A string takes whatever is written.
            let _ = write!(waiting, "M{made} {index}.5H{sent}");
            let _ = write!(under_way, "M{sent} {index}.5H{ended}");
        }
        format!(
            "<div data-testid=waterfall data-http=\"{http}\" data-calls={} data-most={most}><p><b>{http}</b> {}</p>\
             <p>The last answer after {lasted}; up to {most} at once</p>\
             <svg aria-hidden=true viewBox=\"0 0 {scale} {CALLS}\" preserveAspectRatio=none>\
             <path class=waiting d=\"{waiting}\"/><path d=\"{under_way}\"/></svg></div>",
            self.bars.len(),
            self.origin,
        )
    }
}

/// Both, drawn to one scale, so that times compare.
pub fn html(waterfalls: &[Waterfall; 2]) -> String {
    let scale = waterfalls.iter().map(Waterfall::lasted).max().unwrap_or(0).max(1);
    waterfalls.iter().map(|waterfall| waterfall.html(scale)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waterfall(http: HttpVersion, bars: &[(u32, u32, u32)]) -> Waterfall {
        let bars = bars.iter().map(|&(made, sent, ended)| Bar { made, sent, ended }).collect();
        Waterfall { origin: "https://a.example".into(), http: Some(http), bars }
    }

    #[test]
    fn calls_that_wait_are_not_under_way() {
        let queued = waterfall(HttpVersion::Http1, &[(0, 1, 10), (0, 2, 12), (0, 10, 20), (1, 12, 30)]);
        assert_eq!(queued.most_at_once(), 2);
        assert_eq!(queued.lasted(), 30);
        let together = waterfall(HttpVersion::Http2, &[(0, 1, 10), (0, 2, 12), (0, 3, 11)]);
        assert_eq!(together.most_at_once(), 3);
        assert_eq!(waterfall(HttpVersion::Http2, &[]).most_at_once(), 0);
    }

    #[test]
    fn both_are_drawn_to_one_scale() {
        let one = waterfall(HttpVersion::Http1, &[(0, 5, 1000)]);
        let other = waterfall(HttpVersion::Http2, &[(0, 1, 100), (2, 3, 90)]);
        let html = html(&[one, other]);
        assert_eq!(html.matches("viewBox=\"0 0 1000 20\"").count(), 2, "{html}");
        assert!(html.contains("<b>HTTP/1.1</b> https://a.example"), "{html}");
        assert!(
            html.contains("<path class=waiting d=\"M0 0.5H1M2 1.5H3\"/><path d=\"M1 0.5H100M3 1.5H90\"/>"),
            "{html}"
        );
        assert!(html.contains("The last answer after 10.0\u{a0}ms; up to 2 at once"), "{html}");
    }

    #[test]
    fn nothing_is_drawn_without_a_width_of_0() {
        let none = waterfall(HttpVersion::Http2, &[]);
        assert!(html(&[none.clone(), none]).contains("viewBox=\"0 0 1 20\""));
    }
}
