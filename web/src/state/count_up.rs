//! Counting up: what is asked for, and the values as they came. Must not know how they come.

use super::{
    failure::Failure,
    number_input::Refusal,
    overdue::{NO_MESSAGE, nothing_for},
};

/// How many of the values are shown: the newest.
pub const SHOWN: usize = 20;

/// What is asked of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The number before the first value.
    pub start: i64,
    /// How many values; 0: without end.
    pub steps: u64,
    /// The time between two values, in milliseconds.
    pub interval_ms: u32,
}

/// What stands in the place of the values before the first stream.
const NO_VALUE: &str = "The values appear here one by one, as the service sends them.";

/// How far the counting is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It was never asked for.
    #[default]
    Idle,
    /// Values come.
    Counting,
    /// The person stopped it.
    Stopped,
    /// All values came.
    Complete,
    /// It failed, with values before it or without.
    Failed(Failure),
}

/// The values of the newest stream.
#[derive(Clone, Debug, Default)]
pub struct Count {
    newest: Vec<i64>,
    received: u64,
    phase: Phase,
    refused: Option<Refusal>,
    // For how long nothing has come, where that is too long.
    silent_ms: Option<u32>,
}

impl Count {
    /// Begins anew.
    pub fn begin(&mut self) {
        *self = Self { phase: Phase::Counting, ..Self::default() };
    }

    /// Notes why it cannot start where it was told to; a stream that runs goes on.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refused = Some(refusal);
    }

    /// Takes the next value.
    pub fn take(&mut self, value: i64) {
        if self.newest.len() == SHOWN {
            self.newest.remove(0);
        }
        self.newest.push(value);
        self.received += 1;
        self.silent_ms = None;
    }

    /// Notes that nothing has come for so long, in milliseconds.
    pub fn fall_silent(&mut self, ms: u32) {
        self.silent_ms = Some(ms);
    }

    /// Notes that the person stopped it, where it ran.
    pub fn stop(&mut self) {
        if self.phase == Phase::Counting {
            self.phase = Phase::Stopped;
        }
    }

    /// Notes how it came to its end.
    pub fn end(&mut self, end: Result<(), Failure>) {
        self.phase = end.map_or_else(Phase::Failed, |()| Phase::Complete);
    }

    /// The newest values as elements, oldest first.
    pub fn html(&self) -> String {
        let html = |value: &i64| ["<b data-testid=count-up-value>", &value.to_string(), "</b> "].concat();
        self.newest.iter().map(html).collect()
    }

    /// The field that says where to start holds what it cannot.
    pub fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Why it failed; none where it did not.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// How far it is, in words; and apart, since it changes all the time, how many values came.
    pub fn words(&self) -> (String, String) {
        let words = match (self.refused, &self.phase) {
            (Some(refusal), _) => return (refusal.to_string(), String::new()),
            (None, Phase::Idle) => NO_VALUE,
            (None, Phase::Counting) => match self.silent_ms {
                None => "Counting",
                Some(ms) => return (nothing_for(ms), self.after() + NO_MESSAGE),
            },
            (None, Phase::Stopped) => "Stopped, and the service with it",
            (None, Phase::Complete) => "Complete",
            (None, Phase::Failed(failure)) => {
                return ([failure.code_name(), ": ", failure.words()].concat(), self.received());
            }
        };
        (words.to_owned(), self.received())
    }

    fn after(&self) -> String {
        self.received().replacen(',', " after", 1)
    }

    fn received(&self) -> String {
        match self.received {
            0 => String::new(),
            1 => ", 1 value".to_owned(),
            received => [", ", &received.to_string(), " values"].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::failure::Kind;

    fn count(values: impl IntoIterator<Item = i64>) -> Count {
        let mut count = Count::default();
        count.begin();
        values.into_iter().for_each(|value| count.take(value));
        count
    }

    fn values(count: &Count) -> Vec<i64> {
        let html = count.html().replace("</b> ", "");
        html.split("<b data-testid=count-up-value>").skip(1).map(|value| value.parse().unwrap()).collect()
    }

    #[test]
    fn a_refused_start_is_told_until_the_next() {
        let mut count = count([]);
        count.refuse(Refusal::NotWhole);
        assert!(count.is_refused());
        assert_eq!(count.words().0, Refusal::NotWhole.to_string());
        count.begin();
        assert!(!count.is_refused());
        assert_eq!(count.words().0, "Counting");
    }

    #[test]
    fn the_newest_values_are_kept_and_all_are_counted() {
        let count = count(1..=100);
        assert_eq!(values(&count), (81..=100).collect::<Vec<_>>());
        assert_eq!(count.words(), ("Counting".to_owned(), ", 100 values".to_owned()));
    }

    #[test]
    fn how_it_ended_is_told_beside_the_values() {
        let mut complete = count([6]);
        complete.end(Ok(()));
        assert_eq!(complete.words(), ("Complete".to_owned(), ", 1 value".to_owned()));

        let mut failed = count([i64::MAX]);
        failed.end(Err(Failure { kind: Kind::Refused, code: 11, message: "start: too large".to_owned() }));
        assert_eq!(failed.failure().map(Failure::code_name), Some("OUT_OF_RANGE"));
        assert_eq!(failed.words().0, "OUT_OF_RANGE: start: too large");
        assert_eq!(values(&failed), [i64::MAX]);
    }

    #[test]
    fn a_silent_stream_is_told_until_something_comes() {
        let mut silent = count([]);
        silent.fall_silent(15_000);
        assert_eq!(silent.words(), ("Nothing has come for 15\u{a0}s".to_owned(), NO_MESSAGE.to_owned()));
        silent.take(1);
        assert_eq!(silent.words().0, "Counting");
        silent.fall_silent(40_000);
        let (words, rest) = silent.words();
        assert!((words + &rest).starts_with("Nothing has come for 40\u{a0}s after 1 value; still waiting."));
        silent.stop();
        assert_eq!(silent.words().0, "Stopped, and the service with it");
    }

    #[test]
    fn only_what_runs_is_stopped() {
        let mut count = Count::default();
        count.stop();
        assert_eq!(count.words(), (NO_VALUE.to_owned(), String::new()));
        count.begin();
        count.stop();
        assert_eq!(count.words().0, "Stopped, and the service with it");
        count.begin();
        count.end(Ok(()));
        count.stop();
        assert_eq!(count.words().0, "Complete");
    }
}
