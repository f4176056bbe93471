//! The access counts of all services, as received from the server. Part of step 9 of the path of a click. A displayed
//! count never decreases.

use std::mem;

use super::{
    failure::{Failure, Kind},
    overdue::{NO_MESSAGES, OVERDUE_MS, nothing_received_for},
};

/// The service, method and protocol of the row for calls of unknown methods.
const UNKNOWN: &str = "unknown";

/// The length of the longest bar: the width of the `viewBox` of each bar.
pub const SCALE: u32 = 1000;

/// The minimum length of a segment: one call among a million remains visible.
const MIN_LENGTH: u32 = 16;

/// The access count of one method over one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The service's full name.
    pub service: String,
    /// The method's name.
    pub method: String,
    /// The protocol of the calls, such as `grpc-web`.
    pub protocol: String,
    /// The number of calls, whatever their outcome.
    pub count: u64,
}

/// When the server sends a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// After the access is committed to disk.
    Strict,
    /// Immediately.
    Relaxed,
}

/// The counts that the server published at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// One row per service, method and protocol, in any order.
    pub rows: Vec<Row>,
    /// The server's durability, if it reports one.
    pub durability: Option<Durability>,
}

/// The status of the stream of snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedStatus {
    /// The newest snapshot is current.
    Live,
    /// The request was sent, and no response has arrived yet.
    Connecting,
    /// The request was sent [`OVERDUE_MS`] ago, and no response has arrived yet.
    Unresponsive,
    /// The stream ended or could not be opened.
    Disconnected {
        /// The reason, as a headline.
        reason: &'static str,
        /// The time until the next attempt, in seconds; 0: now.
        retry_in: u32,
    },
    /// The tab is hidden.
    Paused,
}

/// The access counts of all services.
#[derive(Clone, Debug)]
pub struct AccessCounts {
    // Sorted by key, without duplicates.
    rows: Vec<Row>,
    durability: Option<Durability>,
    status: FeedStatus,
    is_loaded: bool,
}

/// What identifies a line; lines are in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineKey {
    /// Whether the line is about calls of unknown methods, which come last.
    pub is_unknown: bool,
    /// The service's full name.
    pub service: String,
    /// The method and the protocol; none for a service as a whole.
    pub row: Option<(String, String)>,
}

/// A line of the table: a service, or one of its methods over one protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What identifies it.
    pub key: LineKey,
    /// The service's name, or the method's on the first of its lines.
    pub name: String,
    /// The protocol's usual spelling; empty for a service.
    pub protocol: String,
    /// The calls of the method or of the whole service.
    pub count: u64,
    /// The row's segment of its method's bar.
    pub segment: Segment,
}

/// A segment of a bar, in units of which the longest bar has [`SCALE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// The offset from the start of the bar.
    pub start: u32,
    /// The length.
    pub length: u32,
}

impl Default for AccessCounts {
    fn default() -> Self {
        Self { rows: Vec::new(), durability: None, status: FeedStatus::Connecting, is_loaded: false }
    }
}

impl AccessCounts {
    /// Applies a snapshot or a change of status; the counts are kept while there is no snapshot.
    pub fn update(&mut self, event: Result<Snapshot, FeedStatus>) {
        self.status = event.as_ref().err().copied().unwrap_or(FeedStatus::Live);
        let Ok(snapshot) = event else { return };
        self.is_loaded = true;
        self.durability = snapshot.durability;
        snapshot.rows.into_iter().for_each(|row| self.merge(row));
    }

    /// Keeps the larger count: another server, or the same one without its ledger, may report a smaller one.
    fn merge(&mut self, row: Row) {
        match self.rows.binary_search_by(|known| known.key().cmp(&row.key())) {
            Ok(index) => self.rows[index].count = self.rows[index].count.max(row.count),
            Err(index) => self.rows.insert(index, row),
        }
    }

    /// Returns the sum of the rows; none before the first snapshot.
    pub fn total(&self) -> Option<u64> {
        self.is_loaded.then(|| sum(&self.rows))
    }

    /// Returns the server's durability.
    pub fn durability(&self) -> Option<Durability> {
        self.durability
    }

    /// Returns the status of the stream.
    pub fn status(&self) -> FeedStatus {
        self.status
    }

    /// Returns whether there are counts, but the server is disconnected or unresponsive.
    pub fn is_stale(&self) -> bool {
        self.is_loaded && matches!(self.status, FeedStatus::Disconnected { .. } | FeedStatus::Unresponsive)
    }

    /// Returns every service and its rows, sorted by name; calls of unknown methods come last.
    pub fn lines(&self) -> Vec<Line> {
        let services = || self.rows.chunk_by(|one, other| one.service == other.service);
        let max_calls = services().flat_map(methods).map(sum).max().unwrap_or(0);
        let mut lines = Vec::new();
        for service in services() {
            lines.push(Line {
                key: LineKey { row: None, ..service[0].line_key() },
                name: service[0].service_name().to_owned(),
                count: sum(service),
                ..Line::default()
            });
            methods(service).for_each(|method| add_lines(method, max_calls, &mut lines));
        }
        lines
    }
}

/// Adds the lines of one method, with a segment each; the bar of a method with `max_calls` is the longest.
fn add_lines(method: &[Row], max_calls: u64, lines: &mut Vec<Line>) {
    let shared = SCALE.saturating_sub(MIN_LENGTH * method.len() as u32);
    let mut name = method[0].method_name();
    let mut start = 0;
    for row in method {
        let exact = row.count as f64 / max_calls as f64 * f64::from(shared);
        let length = if row.count == 0 { 0 } else { MIN_LENGTH + exact as u32 };
        lines.push(Line {
            key: row.line_key(),
            name: mem::take(&mut name).to_owned(),
            protocol: row.protocol_name().to_owned(),
            count: row.count,
            segment: Segment { start, length },
        });
        start += length;
    }
}

fn methods(service: &[Row]) -> impl Iterator<Item = &[Row]> {
    service.chunk_by(|one, other| one.method == other.method)
}

fn sum(rows: &[Row]) -> u64 {
    rows.iter().fold(0, |sum, row| sum.saturating_add(row.count))
}

impl Row {
    fn key(&self) -> (bool, &str, &str, &str) {
        (self.is_unknown(), &self.service, &self.method, &self.protocol)
    }

    fn line_key(&self) -> LineKey {
        LineKey {
            is_unknown: self.is_unknown(),
            service: self.service.clone(),
            row: Some((self.method.clone(), self.protocol.clone())),
        }
    }

    fn is_unknown(&self) -> bool {
        self.service == UNKNOWN
    }

    fn service_name(&self) -> &str {
        if self.is_unknown() { "Unknown methods" } else { &self.service }
    }

    fn method_name(&self) -> &str {
        if self.is_unknown() { "Calls of methods that do not exist" } else { &self.method }
    }

    /// Returns the protocol's usual spelling; an unknown protocol unchanged.
    fn protocol_name(&self) -> &str {
        match self.protocol.as_str() {
            "grpc" => "gRPC",
            "grpc-web" => "gRPC-Web",
            "grpc-web-text" => "gRPC-Web text",
            "connect" => "Connect",
            UNKNOWN => "any protocol",
            other => other,
        }
    }
}

impl Durability {
    /// Returns what it means for a client.
    pub fn description(self) -> &'static str {
        match self {
            Self::Strict => "Strict: a response is sent once its access is committed to disk.",
            Self::Relaxed => {
                "Relaxed: responses are sent immediately; a crash loses the last 50\u{a0}ms and the write in progress."
            }
        }
    }
}

impl FeedStatus {
    /// Returns the status after the end of the stream: by a failure, or by the server.
    pub fn disconnected(failure: Option<&Failure>, retry_in: u32) -> Self {
        let reason = match failure {
            Some(failure) if failure.kind == Kind::Offline => failure.title(),
            Some(failure) if failure.kind == Kind::Rejected && failure.code_name() != "UNAVAILABLE" => {
                failure.title()
            }
            _ => "The server is unavailable",
        };
        Self::Disconnected { reason, retry_in }
    }

    /// Returns the status as text; and separately, to follow it, what changes every second.
    pub fn description(self) -> (String, String) {
        let (text, suffix) = match self {
            Self::Live => ("Live", String::new()),
            Self::Connecting => ("Connecting to the server…", String::new()),
            Self::Unresponsive => return (nothing_received_for(OVERDUE_MS), NO_MESSAGES.to_owned()),
            Self::Disconnected { reason, retry_in: 0 } => (reason, ": retrying now".to_owned()),
            Self::Disconnected { reason, retry_in } => (reason, format!(": retrying in {retry_in}\u{a0}s")),
            Self::Paused => ("Paused while this tab is hidden", String::new()),
        };
        (text.to_owned(), suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN_METHOD: [&str; 3] = [UNKNOWN; 3];

    fn row([service, method, protocol]: [&str; 3], count: u64) -> Row {
        Row { service: service.to_owned(), method: method.to_owned(), protocol: protocol.to_owned(), count }
    }

    fn snapshot<const N: usize>(rows: [([&str; 3], u64); N]) -> Result<Snapshot, FeedStatus> {
        let rows = rows.map(|(names, count)| row(names, count)).to_vec();
        Ok(Snapshot { rows, durability: Some(Durability::Strict) })
    }

    fn after<const N: usize>(events: [Result<Snapshot, FeedStatus>; N]) -> AccessCounts {
        let mut counts = AccessCounts::default();
        events.into_iter().for_each(|event| counts.update(event));
        counts
    }

    fn rows_of(lines: &[Line]) -> Vec<(&str, &str, u64)> {
        lines.iter().map(|line| (line.name.as_str(), line.protocol.as_str(), line.count)).collect()
    }

    fn segments(counts: &AccessCounts) -> Vec<(u32, u32)> {
        let rows = counts.lines().into_iter().filter(|line| line.key.row.is_some());
        rows.map(|line| (line.segment.start, line.segment.length)).collect()
    }

    fn failure(kind: Kind, code: u8) -> Failure {
        Failure { kind, code, message: String::new() }
    }

    #[test]
    fn nothing_is_known_before_the_first_snapshot() {
        let disconnected = FeedStatus::disconnected(None, 1);
        for counts in [AccessCounts::default(), after([Err(disconnected)]), after([Err(FeedStatus::Paused)])]
        {
            assert_eq!((counts.total(), counts.durability()), (None, None));
        }
        assert_eq!(after([snapshot([])]).total(), Some(0));
    }

    #[test]
    fn the_total_is_the_sum_of_the_rows() {
        let counts = after([snapshot([
            (["a.A", "One", "grpc"], 1),
            (["a.A", "One", "grpc-web"], 20),
            (["b.B", "Two", "grpc"], 300),
        ])]);
        assert_eq!(counts.total(), Some(321));
        assert_eq!(
            after([snapshot([(["a", "b", "c"], u64::MAX), (["a", "b", "d"], 1)])]).total(),
            Some(u64::MAX)
        );
    }

    #[test]
    fn counts_never_decrease() {
        let mut counts = after([snapshot([(["a", "b", "grpc"], 7), (["a", "b", "grpc-web"], 2)])]);
        counts.update(Err(FeedStatus::disconnected(None, 1)));
        counts.update(snapshot([(["a", "b", "grpc"], 3), (["a", "b", "grpc-web"], 5)]));
        assert_eq!(rows_of(&counts.lines()), [("a", "", 12), ("b", "gRPC", 7), ("", "gRPC-Web", 5)]);
        assert_eq!(counts.total(), Some(12));
        counts.update(snapshot([]));
        assert_eq!(counts.total(), Some(12), "rows are never removed");
    }

    #[test]
    fn counts_are_kept_without_a_snapshot() {
        let snapshot = snapshot([(["a", "b", "grpc"], 7)]);
        for status in [FeedStatus::Connecting, FeedStatus::disconnected(None, 4), FeedStatus::Paused] {
            let counts = after([snapshot.clone(), Err(status)]);
            assert_eq!((counts.total(), counts.durability()), (Some(7), Some(Durability::Strict)));
            assert_eq!(counts.status(), status);
            assert_eq!(after([snapshot.clone(), Err(status), snapshot.clone()]).status(), FeedStatus::Live);
        }
    }

    #[test]
    fn lines_are_sorted_by_name() {
        let counts = after([
            snapshot([(["b", "Two", "grpc"], 1), (["a", "Two", "grpc"], 2), (UNKNOWN_METHOD, 3)]),
            snapshot([(["z", "Two", "grpc"], 4), (["a", "One", "grpc"], 5), (["a", "One", "connect"], 6)]),
        ]);
        let expected = [
            ("a", "", 13),
            ("One", "Connect", 6),
            ("", "gRPC", 5),
            ("Two", "gRPC", 2),
            ("b", "", 1),
            ("Two", "gRPC", 1),
            ("z", "", 4),
            ("Two", "gRPC", 4),
            ("Unknown methods", "", 3),
            ("Calls of methods that do not exist", "any protocol", 3),
        ];
        assert_eq!(rows_of(&counts.lines()), expected);
    }

    #[test]
    fn the_method_with_the_most_calls_has_the_longest_bar() {
        let counts = after([snapshot([
            (["a", "Get", "grpc"], 300),
            (["a", "Get", "grpc-web"], 100),
            (["b", "Get", "grpc"], 200),
        ])]);
        let shared = SCALE - 2 * MIN_LENGTH;
        let end = MIN_LENGTH + shared * 3 / 4;
        assert_eq!(
            segments(&counts),
            [(0, end), (end, SCALE - end), (0, MIN_LENGTH + (SCALE - MIN_LENGTH) / 2)]
        );
    }

    #[test]
    fn one_call_among_many_is_visible_and_none_is_not() {
        let rare = snapshot([
            (["a", "b", "connect"], 1),
            (["a", "b", "grpc"], u64::MAX - 1),
            (["a", "b", "grpc-web"], 0),
        ]);
        let segments = segments(&after([rare]));
        assert_eq!((segments[0].1, segments[2].1), (MIN_LENGTH, 0));
        assert!(segments[2].0 <= SCALE);
        assert_eq!(segments_without_calls(), [(0, 0)]);
    }

    fn segments_without_calls() -> Vec<(u32, u32)> {
        segments(&after([snapshot([(["a", "b", "grpc"], 0)])]))
    }

    #[test]
    fn protocols_have_their_usual_names() {
        let name = |protocol| row(["a", "b", protocol], 1).protocol_name().to_owned();
        assert_eq!(["grpc", "grpc-web", "connect"].map(name), ["gRPC", "gRPC-Web", "Connect"]);
        assert_eq!(["json-rpc", ""].map(name), ["json-rpc", ""]);
        assert_eq!(row(UNKNOWN_METHOD, 1).protocol_name(), "any protocol");
    }

    #[test]
    fn a_disconnected_server_is_reported_with_the_time_of_the_next_attempt() {
        let unreachable = failure(Kind::Unreachable, 14);
        for (status, expected) in [
            (
                FeedStatus::disconnected(Some(&unreachable), 4),
                "The server is unavailable: retrying in 4\u{a0}s",
            ),
            (FeedStatus::disconnected(None, 0), "The server is unavailable: retrying now"),
            (FeedStatus::Paused, "Paused while this tab is hidden"),
        ] {
            let (text, suffix) = status.description();
            assert_eq!(text + &suffix, expected);
        }
    }

    #[test]
    fn an_unresponsive_server_is_reported_with_possible_causes() {
        let (text, suffix) = FeedStatus::Unresponsive.description();
        assert_eq!(text, "Nothing received for 15\u{a0}s");
        assert!(suffix.contains("still waiting") && suffix.contains("proxy_buffering off"), "{suffix}");
    }

    #[test]
    fn a_disconnected_server_is_reported_with_its_reason() {
        let reason = |kind, code| FeedStatus::disconnected(Some(&failure(kind, code)), 1).description().0;
        assert_eq!(reason(Kind::Offline, 14), "This device is offline");
        assert_eq!(reason(Kind::Rejected, 14), "The server is unavailable", "it shuts down");
        assert_eq!(reason(Kind::Rejected, 12), "The service does not have this method");
        for kind in [Kind::UnreachableOrUntrusted, Kind::NotGrpc, Kind::Incomplete] {
            assert_eq!(reason(kind, 14), "The server is unavailable", "{kind:?}");
        }
    }

    #[test]
    fn counts_are_stale_while_the_server_is_disconnected() {
        let (snapshot, disconnected) = (snapshot([]), Err(FeedStatus::disconnected(None, 1)));
        assert!(after([snapshot.clone(), disconnected.clone()]).is_stale());
        assert!(after([snapshot.clone(), Err(FeedStatus::Unresponsive)]).is_stale());
        assert!(!after([disconnected.clone()]).is_stale(), "there are none");
        assert!(!after([disconnected, snapshot]).is_stale());
    }

    #[test]
    fn both_durabilities_are_described() {
        assert!(Durability::Strict.description().contains("to disk"));
        assert!(
            Durability::Relaxed
                .description()
                .contains("a crash loses the last 50\u{a0}ms and the write in progress")
        );
    }
}
