//! A stream of values that count up: its options and the values received. Independent of the transport.

use std::collections::VecDeque;

use super::{
    failure::Failure,
    number_input::InputError,
    overdue::{NO_MESSAGES, nothing_received_for},
};

/// The number of values shown: the newest.
pub const SHOWN: usize = 20;

/// A value of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Value {
    /// Its position in the stream, from 1.
    pub number: u64,
    /// The value.
    pub value: i64,
}

/// The options of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountUpOptions {
    /// The number before the first value.
    pub start: i64,
    /// The number of values; 0: unlimited.
    pub steps: u64,
    /// The time between two values, in milliseconds.
    pub interval_ms: u32,
}

/// The text before the first stream.
const NO_VALUES: &str = "The values appear here one by one, as the service sends them.";

/// The phase of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not started yet.
    #[default]
    Idle,
    /// Receiving values.
    Counting,
    /// A person stopped it.
    Stopped,
    /// All values were received.
    Complete,
    /// It failed, before or after the first value.
    Failed(Failure),
}

/// The newest stream and its values.
#[derive(Clone, Debug, Default)]
pub struct CountUp {
    newest: VecDeque<Value>,
    received: u64,
    phase: Phase,
    input_error: Option<InputError>,
    // The time since the last message, if it is overdue.
    overdue_ms: Option<u32>,
}

impl CountUp {
    /// Registers the start of a new stream.
    pub fn start(&mut self) {
        *self = Self { phase: Phase::Counting, ..Self::default() };
    }

    /// Registers that the start field is invalid; a running stream continues.
    pub fn reject(&mut self, error: InputError) {
        self.input_error = Some(error);
    }

    /// Adds the next value.
    pub fn push(&mut self, value: i64) {
        self.received += 1;
        self.newest.push_back(Value { number: self.received, value });
        if self.newest.len() > SHOWN {
            self.newest.pop_front();
        }
        self.overdue_ms = None;
    }

    /// Registers that the next value is overdue, with the time since the last one in milliseconds.
    pub fn mark_overdue(&mut self, ms: u32) {
        self.overdue_ms = Some(ms);
    }

    /// Registers that a person stopped the stream, if it is running.
    pub fn stop(&mut self) {
        if self.phase == Phase::Counting {
            self.phase = Phase::Stopped;
        }
    }

    /// Registers the end of the stream.
    pub fn finish(&mut self, outcome: Result<(), Failure>) {
        self.phase = outcome.map_or_else(Phase::Failed, |()| Phase::Complete);
    }

    /// Returns the newest values, oldest first.
    pub fn newest(&self) -> impl Iterator<Item = Value> + '_ {
        self.newest.iter().copied()
    }

    /// Returns whether a stream is running.
    pub fn is_running(&self) -> bool {
        self.phase == Phase::Counting
    }

    /// Returns whether the start field is invalid.
    pub fn is_rejected(&self) -> bool {
        self.input_error.is_some()
    }

    /// Returns the failure, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Returns the status as text.
    pub fn status(&self) -> String {
        match (self.input_error, &self.phase, self.overdue_ms) {
            (Some(error), ..) => error.to_string(),
            (None, Phase::Idle, _) => NO_VALUES.to_owned(),
            (None, Phase::Counting, None) => "Counting".to_owned(),
            (None, Phase::Counting, Some(ms)) => nothing_received_for(ms),
            (None, Phase::Stopped, _) => "Stopped, at the service too".to_owned(),
            (None, Phase::Complete, _) => "Complete".to_owned(),
            (None, Phase::Failed(failure), _) => {
                format!("{}: {}", failure.code_name(), failure.description())
            }
        }
    }

    /// Returns the text after the status: the number of values, which changes constantly. `format` formats a number.
    pub fn received(&self, format: impl Fn(u64) -> String) -> String {
        let is_overdue = self.is_running() && self.overdue_ms.is_some();
        let values = match self.received {
            _ if self.input_error.is_some() => return String::new(),
            0 => String::new(),
            1 => "1 value".to_owned(),
            received => format!("{} values", format(received)),
        };
        match (values.as_str(), is_overdue) {
            ("", false) => String::new(),
            ("", true) => NO_MESSAGES.to_owned(),
            (values, false) => format!(", {values}"),
            (values, true) => format!(" after {values}{NO_MESSAGES}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::Kind;

    fn count(values: impl IntoIterator<Item = i64>) -> CountUp {
        let mut count = CountUp::default();
        count.start();
        values.into_iter().for_each(|value| count.push(value));
        count
    }

    fn values(count: &CountUp) -> Vec<i64> {
        count.newest().map(|value| value.value).collect()
    }

    /// Returns the status and the text after it.
    fn text(count: &CountUp) -> String {
        count.status() + &count.received(|number| number.to_string())
    }

    #[test]
    fn an_invalid_start_is_reported_until_the_next() {
        let mut count = count([]);
        count.reject(InputError::NotWhole);
        assert!(count.is_rejected());
        assert_eq!(text(&count), InputError::NotWhole.to_string());
        count.start();
        assert!(!count.is_rejected());
        assert_eq!(text(&count), "Counting");
    }

    #[test]
    fn the_newest_values_are_kept_and_all_are_counted() {
        let count = count(1..=100);
        assert_eq!(values(&count), (81..=100).collect::<Vec<_>>());
        assert_eq!(text(&count), "Counting, 100 values");
        assert_eq!(count.newest().next(), Some(Value { number: 81, value: 81 }));
    }

    #[test]
    fn the_number_of_values_is_formatted_for_the_reader() {
        assert_eq!(count(1..=1000).received(|number| format!("<{number}>")), ", <1000> values");
    }

    #[test]
    fn the_outcome_is_reported_with_the_values() {
        let mut complete = count([6]);
        complete.finish(Ok(()));
        assert_eq!(text(&complete), "Complete, 1 value");

        let mut failed = count([i64::MAX]);
        failed.finish(Err(Failure {
            kind: Kind::Rejected,
            code: 11,
            message: "start: too large".to_owned(),
        }));
        assert_eq!(failed.failure().map(Failure::code_name), Some("OUT_OF_RANGE"));
        assert_eq!(text(&failed), "OUT_OF_RANGE: start: too large, 1 value");
        assert_eq!(values(&failed), [i64::MAX]);
    }

    #[test]
    fn an_overdue_stream_is_reported_until_the_next_value() {
        let mut overdue = count([]);
        overdue.mark_overdue(15_000);
        assert_eq!(text(&overdue), format!("Nothing received for 15\u{a0}s{NO_MESSAGES}"));
        overdue.push(1);
        assert_eq!(text(&overdue), "Counting, 1 value");
        overdue.mark_overdue(40_000);
        assert!(text(&overdue).starts_with("Nothing received for 40\u{a0}s after 1 value; still waiting."));
        overdue.stop();
        assert_eq!(text(&overdue), "Stopped, at the service too, 1 value");
    }

    #[test]
    fn only_a_running_stream_is_stopped() {
        let mut count = CountUp::default();
        count.stop();
        assert_eq!(text(&count), NO_VALUES);
        count.start();
        count.stop();
        assert_eq!(text(&count), "Stopped, at the service too");
        count.start();
        count.finish(Ok(()));
        count.stop();
        assert_eq!(text(&count), "Complete");
    }
}
