//! A stream of values that count up: its options and the values received. Independent of the transport.

use super::{
    failure::Failure,
    number_input::InputError,
    overdue::{NO_MESSAGES, nothing_received_for},
};

/// The number of values shown: the newest.
pub const SHOWN: usize = 20;

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
    newest: Vec<i64>,
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
        if self.newest.len() == SHOWN {
            self.newest.remove(0);
        }
        self.newest.push(value);
        self.received += 1;
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

    /// Renders the newest values, oldest first.
    pub fn html(&self) -> String {
        let html = |value: &i64| ["<b data-testid=count-up-value>", &value.to_string(), "</b> "].concat();
        self.newest.iter().map(html).collect()
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

    /// Returns the status as text; and separately, since it changes constantly, the number of values.
    pub fn status(&self) -> (String, String) {
        let text = match (self.input_error, &self.phase) {
            (Some(error), _) => return (error.to_string(), String::new()),
            (None, Phase::Idle) => NO_VALUES,
            (None, Phase::Counting) => match self.overdue_ms {
                None => "Counting",
                Some(ms) => return (nothing_received_for(ms), self.after() + NO_MESSAGES),
            },
            (None, Phase::Stopped) => "Stopped, at the service too",
            (None, Phase::Complete) => "Complete",
            (None, Phase::Failed(failure)) => {
                return ([failure.code_name(), ": ", failure.description()].concat(), self.received());
            }
        };
        (text.to_owned(), self.received())
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
    use crate::model::failure::Kind;

    fn count(values: impl IntoIterator<Item = i64>) -> CountUp {
        let mut count = CountUp::default();
        count.start();
        values.into_iter().for_each(|value| count.push(value));
        count
    }

    fn values(count: &CountUp) -> Vec<i64> {
        let html = count.html().replace("</b> ", "");
        html.split("<b data-testid=count-up-value>").skip(1).map(|value| value.parse().unwrap()).collect()
    }

    #[test]
    fn an_invalid_start_is_reported_until_the_next() {
        let mut count = count([]);
        count.reject(InputError::NotWhole);
        assert!(count.is_rejected());
        assert_eq!(count.status().0, InputError::NotWhole.to_string());
        count.start();
        assert!(!count.is_rejected());
        assert_eq!(count.status().0, "Counting");
    }

    #[test]
    fn the_newest_values_are_kept_and_all_are_counted() {
        let count = count(1..=100);
        assert_eq!(values(&count), (81..=100).collect::<Vec<_>>());
        assert_eq!(count.status(), ("Counting".to_owned(), ", 100 values".to_owned()));
    }

    #[test]
    fn the_outcome_is_reported_with_the_values() {
        let mut complete = count([6]);
        complete.finish(Ok(()));
        assert_eq!(complete.status(), ("Complete".to_owned(), ", 1 value".to_owned()));

        let mut failed = count([i64::MAX]);
        failed.finish(Err(Failure {
            kind: Kind::Rejected,
            code: 11,
            message: "start: too large".to_owned(),
        }));
        assert_eq!(failed.failure().map(Failure::code_name), Some("OUT_OF_RANGE"));
        assert_eq!(failed.status().0, "OUT_OF_RANGE: start: too large");
        assert_eq!(values(&failed), [i64::MAX]);
    }

    #[test]
    fn an_overdue_stream_is_reported_until_the_next_value() {
        let mut overdue = count([]);
        overdue.mark_overdue(15_000);
        assert_eq!(overdue.status(), ("Nothing received for 15\u{a0}s".to_owned(), NO_MESSAGES.to_owned()));
        overdue.push(1);
        assert_eq!(overdue.status().0, "Counting");
        overdue.mark_overdue(40_000);
        let (text, suffix) = overdue.status();
        assert!((text + &suffix).starts_with("Nothing received for 40\u{a0}s after 1 value; still waiting."));
        overdue.stop();
        assert_eq!(overdue.status().0, "Stopped, at the service too");
    }

    #[test]
    fn only_a_running_stream_is_stopped() {
        let mut count = CountUp::default();
        count.stop();
        assert_eq!(count.status(), (NO_VALUES.to_owned(), String::new()));
        count.start();
        count.stop();
        assert_eq!(count.status().0, "Stopped, at the service too");
        count.start();
        count.finish(Ok(()));
        count.stop();
        assert_eq!(count.status().0, "Complete");
    }
}
