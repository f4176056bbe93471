//! How often every service was called, as far as the page was told: what step 9 shows of everybody's
//! calls. No number that was shown is ever followed by a smaller one. Must not know who tells, or how.

use super::{
    failure::{Failure, Kind},
    overdue::{NO_MESSAGE, SILENT_MS, nothing_for},
};

/// The three names of the row that calls of methods that do not exist share.
const UNKNOWN: &str = "unknown";

/// The length of the longest bar, and so the width of each `viewBox` in `state::bars`.
pub const SCALE: u32 = 1000;

/// The least length of a part of a bar: one call among a million is still seen.
const LEAST: u32 = 16;

/// How often one method was called over one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The service's full name.
    pub service: String,
    /// The method's name.
    pub method: String,
    /// The protocol of the calls, such as `grpc-web`.
    pub protocol: String,
    /// How many calls, whatever their outcome.
    pub count: u64,
}

/// When the server's answers leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once their accesses are on disk.
    Strict,
    /// At once.
    Relaxed,
}

/// What the server told at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// One row per service, method and protocol, in any order.
    pub rows: Vec<Row>,
    /// When its answers leave, where it says so.
    pub durability: Option<Durability>,
}

/// Why nothing is told just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The server was asked and has not answered yet.
    Asked,
    /// It was asked [`SILENT_MS`] ago and has not answered yet.
    Unanswered,
    /// The stream ended, or did not come about.
    Away {
        /// What is wrong, as a headline.
        why: &'static str,
        /// When the server is asked again, in seconds; 0: right now.
        again_in: u32,
    },
    /// Nobody looks: the tab is hidden.
    Hidden,
}

/// Everybody's calls, as far as they are known.
#[derive(Clone, Debug)]
pub struct Known {
    // Sorted by their keys, each of which is there once.
    rows: Vec<Row>,
    durability: Option<Durability>,
    silence: Option<Silence>,
    is_told: bool,
}

/// A line of what is shown: a service, or below it one of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The row; none for a service as a whole.
    pub row: Option<&'a Row>,
    /// The service's name, or the method's on the first of its rows.
    pub name: &'a str,
    /// The calls of the row or of the whole service.
    pub count: u64,
    /// The row's part of its method's bar.
    pub part: Part,
}

/// A part of a bar, in units of which the longest bar has [`SCALE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Where it begins.
    pub start: u32,
    /// How long it is.
    pub length: u32,
}

impl Default for Known {
    fn default() -> Self {
        Self { rows: Vec::new(), durability: None, silence: Some(Silence::Asked), is_told: false }
    }
}

impl Known {
    /// Takes what the server told, or why it does not tell; what is known stays.
    pub fn hear(&mut self, news: Result<Counts, Silence>) {
        self.silence = news.as_ref().err().copied();
        let Ok(counts) = news else { return };
        self.is_told = true;
        self.durability = counts.durability;
        counts.rows.into_iter().for_each(|row| self.take(row));
    }

    /// Takes the larger count: another server, or the same one without its ledger, may tell a smaller one.
    fn take(&mut self, row: Row) {
        match self.rows.binary_search_by(|known| known.key().cmp(&row.key())) {
            Ok(place) => self.rows[place].count = self.rows[place].count.max(row.count),
            Err(place) => self.rows.insert(place, row),
        }
    }

    /// All calls together: the sum of the rows. None as long as the server has told nothing.
    pub fn total(&self) -> Option<u64> {
        self.is_told.then(|| sum(&self.rows))
    }

    /// When the server's answers leave.
    pub fn durability(&self) -> Option<Durability> {
        self.durability
    }

    /// Why the numbers are not live; none while they are.
    pub fn silence(&self) -> Option<Silence> {
        self.silence
    }

    /// There are numbers, and the server that told them is away or does not answer.
    pub fn is_stale(&self) -> bool {
        self.is_told && matches!(self.silence, Some(Silence::Away { .. } | Silence::Unanswered))
    }

    /// Every service with its rows below it, by name; last come the calls that no service knows.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let services = || self.rows.chunk_by(|one, other| one.service == other.service);
        let most_calls = services().flat_map(methods).map(sum).max().unwrap_or(0);
        let mut lines = Vec::new();
        for service in services() {
            let name = service[0].service_name();
            lines.push(Line { row: None, name, count: sum(service), part: Part::default() });
            methods(service).for_each(|method| add_lines(method, most_calls, &mut lines));
        }
        lines
    }
}

/// Adds the lines of one method; its bar has a part for each, and is the longest when it has `most_calls`.
fn add_lines<'a>(method: &'a [Row], most_calls: u64, lines: &mut Vec<Line<'a>>) {
    let shared = SCALE.saturating_sub(LEAST * method.len() as u32);
    let mut name = method[0].method_name();
    let mut start = 0;
    for row in method {
        let exact = row.count as f64 / most_calls as f64 * f64::from(shared);
        let length = if row.count == 0 { 0 } else { LEAST + exact as u32 };
        lines.push(Line { row: Some(row), name, count: row.count, part: Part { start, length } });
        name = "";
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

    fn is_unknown(&self) -> bool {
        self.service == UNKNOWN
    }

    fn service_name(&self) -> &str {
        if self.is_unknown() { "Unknown methods" } else { &self.service }
    }

    fn method_name(&self) -> &str {
        if self.is_unknown() { "Calls of methods that do not exist" } else { &self.method }
    }

    /// The protocol's name as its own people write it; another one's as it is.
    pub fn protocol_name(&self) -> &str {
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
    /// What it means for a caller.
    pub fn words(self) -> &'static str {
        match self {
            Self::Strict => "Strict: each answer leaves once its access is on disk.",
            Self::Relaxed => {
                "Relaxed: answers leave at once; a crash loses the last 50\u{a0}ms and the write in progress."
            }
        }
    }
}

impl Silence {
    /// The stream came to its end: with a failure, or because the server ended it.
    pub fn away(failure: Option<&Failure>, again_in: u32) -> Self {
        let why = match failure {
            Some(failure) if failure.kind == Kind::Offline => failure.title(),
            Some(failure) if failure.kind == Kind::Refused && failure.code_name() != "UNAVAILABLE" => {
                failure.title()
            }
            _ => "The server is away",
        };
        Self::Away { why, again_in }
    }

    /// What is going on; and apart, to follow it, what changes every second.
    pub fn words(self) -> (String, String) {
        let (words, rest) = match self {
            Self::Asked => ("Asking the server…", String::new()),
            Self::Unanswered => return (nothing_for(SILENT_MS), NO_MESSAGE.to_owned()),
            Self::Away { why, again_in: 0 } => (why, ": trying again now".to_owned()),
            Self::Away { why, again_in } => (why, format!(": trying again in {again_in}\u{a0}s")),
            Self::Hidden => ("Paused while this tab is hidden", String::new()),
        };
        (words.to_owned(), rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY_KNOWS: [&str; 3] = [UNKNOWN; 3];

    fn row([service, method, protocol]: [&str; 3], count: u64) -> Row {
        Row { service: service.to_owned(), method: method.to_owned(), protocol: protocol.to_owned(), count }
    }

    fn counts<const N: usize>(rows: [([&str; 3], u64); N]) -> Result<Counts, Silence> {
        let rows = rows.map(|(names, count)| row(names, count)).to_vec();
        Ok(Counts { rows, durability: Some(Durability::Strict) })
    }

    fn after<const N: usize>(news: [Result<Counts, Silence>; N]) -> Known {
        let mut known = Known::default();
        news.into_iter().for_each(|news| known.hear(news));
        known
    }

    fn shown(known: &Known) -> Vec<(&str, &str, u64)> {
        let lines = known.lines().into_iter();
        lines.map(|Line { row, name, count, .. }| (name, row.map_or("", Row::protocol_name), count)).collect()
    }

    fn parts(known: &Known) -> Vec<(u32, u32)> {
        let rows = known.lines().into_iter().filter(|line| line.row.is_some());
        rows.map(|line| (line.part.start, line.part.length)).collect()
    }

    fn failure(kind: Kind, code: u8) -> Failure {
        Failure { kind, code, message: String::new() }
    }

    #[test]
    fn nothing_is_known_before_the_server_tells() {
        let away = Silence::away(None, 1);
        for known in [Known::default(), after([Err(away)]), after([Err(Silence::Hidden)])] {
            assert_eq!((known.total(), known.durability()), (None, None));
        }
        assert_eq!(after([counts([])]).total(), Some(0));
    }

    #[test]
    fn the_total_is_the_sum_of_the_rows() {
        let known = after([counts([
            (["a.A", "One", "grpc"], 1),
            (["a.A", "One", "grpc-web"], 20),
            (["b.B", "Two", "grpc"], 300),
        ])]);
        assert_eq!(known.total(), Some(321));
        assert_eq!(
            after([counts([(["a", "b", "c"], u64::MAX), (["a", "b", "d"], 1)])]).total(),
            Some(u64::MAX)
        );
    }

    #[test]
    fn no_number_falls_whatever_is_told() {
        let mut known = after([counts([(["a", "b", "grpc"], 7), (["a", "b", "grpc-web"], 2)])]);
        known.hear(Err(Silence::away(None, 1)));
        known.hear(counts([(["a", "b", "grpc"], 3), (["a", "b", "grpc-web"], 5)]));
        assert_eq!(shown(&known), [("a", "", 12), ("b", "gRPC", 7), ("", "gRPC-Web", 5)]);
        assert_eq!(known.total(), Some(12));
        known.hear(counts([]));
        assert_eq!(known.total(), Some(12), "rows never vanish");
    }

    #[test]
    fn what_is_known_stays_while_nothing_is_told() {
        let told = counts([(["a", "b", "grpc"], 7)]);
        for silence in [Silence::Asked, Silence::away(None, 4), Silence::Hidden] {
            let known = after([told.clone(), Err(silence)]);
            assert_eq!((known.total(), known.durability()), (Some(7), Some(Durability::Strict)));
            assert_eq!(known.silence(), Some(silence));
            assert_eq!(after([told.clone(), Err(silence), told.clone()]).silence(), None);
        }
    }

    #[test]
    fn lines_have_their_place_by_name_in_whatever_order_rows_come() {
        let known = after([
            counts([(["b", "Two", "grpc"], 1), (["a", "Two", "grpc"], 2), (NOBODY_KNOWS, 3)]),
            counts([(["z", "Two", "grpc"], 4), (["a", "One", "grpc"], 5), (["a", "One", "connect"], 6)]),
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
        assert_eq!(shown(&known), expected);
    }

    #[test]
    fn the_longest_bar_belongs_to_the_method_that_was_called_most() {
        let known = after([counts([
            (["a", "Get", "grpc"], 300),
            (["a", "Get", "grpc-web"], 100),
            (["b", "Get", "grpc"], 200),
        ])]);
        let shared = SCALE - 2 * LEAST;
        let end = LEAST + shared * 3 / 4;
        assert_eq!(parts(&known), [(0, end), (end, SCALE - end), (0, LEAST + (SCALE - LEAST) / 2)]);
    }

    #[test]
    fn one_call_among_many_is_seen_and_no_call_is_not() {
        let rare = counts([
            (["a", "b", "connect"], 1),
            (["a", "b", "grpc"], u64::MAX - 1),
            (["a", "b", "grpc-web"], 0),
        ]);
        let parts = parts(&after([rare]));
        assert_eq!((parts[0].1, parts[2].1), (LEAST, 0));
        assert!(parts[2].0 <= SCALE);
        assert_eq!(parts_of_nothing(), [(0, 0)]);
    }

    fn parts_of_nothing() -> Vec<(u32, u32)> {
        parts(&after([counts([(["a", "b", "grpc"], 0)])]))
    }

    #[test]
    fn protocols_have_their_usual_names() {
        let name = |protocol| row(["a", "b", protocol], 1).protocol_name().to_owned();
        assert_eq!(["grpc", "grpc-web", "connect"].map(name), ["gRPC", "gRPC-Web", "Connect"]);
        assert_eq!(["json-rpc", ""].map(name), ["json-rpc", ""]);
        assert_eq!(row(NOBODY_KNOWS, 1).protocol_name(), "any protocol");
    }

    #[test]
    fn a_server_that_is_away_is_told_with_the_time_of_the_next_try() {
        let unreachable = failure(Kind::Unreachable, 14);
        for (silence, words) in [
            (Silence::away(Some(&unreachable), 4), "The server is away: trying again in 4\u{a0}s"),
            (Silence::away(None, 0), "The server is away: trying again now"),
            (Silence::Hidden, "Paused while this tab is hidden"),
        ] {
            let (what, next) = silence.words();
            assert_eq!(what + &next, words);
        }
    }

    #[test]
    fn a_server_that_does_not_answer_is_told_with_what_it_may_be() {
        let (words, rest) = Silence::Unanswered.words();
        assert_eq!(words, "Nothing has come for 15\u{a0}s");
        assert!(rest.contains("still waiting") && rest.contains("proxy_buffering off"), "{rest}");
    }

    #[test]
    fn why_the_server_is_away_is_told_where_it_is_known() {
        let told = |kind, code| Silence::away(Some(&failure(kind, code)), 1).words().0;
        assert_eq!(told(Kind::Offline, 14), "This device is offline");
        assert_eq!(told(Kind::Refused, 14), "The server is away", "it shuts down");
        assert_eq!(told(Kind::Refused, 12), "The service does not have this method");
        for kind in [Kind::UnreachableOrUntrusted, Kind::NotGrpc, Kind::BrokenOff] {
            assert_eq!(told(kind, 14), "The server is away", "{kind:?}");
        }
    }

    #[test]
    fn numbers_are_stale_while_the_server_that_told_them_is_away() {
        let (told, away) = (counts([]), Err(Silence::away(None, 1)));
        assert!(after([told.clone(), away.clone()]).is_stale());
        assert!(after([told.clone(), Err(Silence::Unanswered)]).is_stale());
        assert!(!after([away.clone()]).is_stale(), "there are none");
        assert!(!after([away, told]).is_stale());
    }

    #[test]
    fn both_durabilities_are_explained() {
        assert!(Durability::Strict.words().contains("on disk"));
        assert!(
            Durability::Relaxed
                .words()
                .contains("a crash loses the last 50\u{a0}ms and the write in progress")
        );
    }
}
