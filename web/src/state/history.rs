//! The calls of this visit, newest first: what step 9 shows of them. Must not know how a call is made.

use std::collections::VecDeque;

use super::{answer::Answer, failure::Failure};

/// How many exchanges are kept; older ones are forgotten.
pub const KEPT: usize = 50;

/// One call: what was sent, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Counts the calls of this visit, from 1.
    pub id: u64,
    /// The time of day it was sent at, as the person's clock shows it.
    pub sent_at: String,
    /// The number that was sent.
    pub number: i64,
    /// The answer or the failure; none while the call is under way.
    pub outcome: Option<Result<Answer, Failure>>,
}

/// The calls of this visit, in the order they were sent in, whatever the order of the answers.
#[derive(Clone, Debug, Default)]
pub struct History {
    newest_first: VecDeque<Exchange>,
    sent: u64,
    under_way: usize,
    // Kept apart from the rows: it stays on the screen even when 50 newer calls wait for their answers.
    latest: Option<Exchange>,
}

impl History {
    /// Notes that a call leaves, and returns its id.
    pub fn send(&mut self, number: i64, sent_at: String) -> u64 {
        self.sent += 1;
        self.under_way += 1;
        self.newest_first.push_front(Exchange { id: self.sent, sent_at, number, outcome: None });
        self.newest_first.truncate(KEPT);
        self.sent
    }

    /// Notes what came of a call; a forgotten one only counts as no longer under way.
    pub fn settle(&mut self, id: u64, outcome: Result<Answer, Failure>) {
        self.under_way -= 1;
        let Some(exchange) = self.newest_first.iter_mut().find(|exchange| exchange.id == id) else {
            return;
        };
        exchange.outcome = Some(outcome);
        if self.latest.as_ref().is_none_or(|latest| latest.id < id) {
            self.latest = Some(exchange.clone());
        }
    }

    /// The exchanges that are kept, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Exchange> {
        self.newest_first.iter()
    }

    /// The newest call that came to an end: an older one's late answer does not take its place.
    pub fn latest(&self) -> Option<&Exchange> {
        self.latest.as_ref()
    }

    /// How many calls wait for their answers.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// How many calls were made and are no longer kept.
    pub fn forgotten(&self) -> u64 {
        self.sent - self.newest_first.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{
        answer::{Took, Trip},
        failure::Kind,
    };

    fn send(history: &mut History, number: i64) -> u64 {
        history.send(number, "09:41:07".to_owned())
    }

    fn answer(sent: i64) -> Result<Answer, Failure> {
        let trip = Trip { http: None, took: Took::between(0.0, 1.0), bytes_sent: 2, bytes_received: 4 };
        Ok(Answer { sent, returned: sent + 1, trip })
    }

    fn failure() -> Result<Answer, Failure> {
        Err(Failure { kind: Kind::Offline, code: 14, message: String::new() })
    }

    fn numbers(history: &History) -> Vec<i64> {
        history.newest_first().map(|exchange| exchange.number).collect()
    }

    fn latest(history: &History) -> Option<i64> {
        history.latest().map(|exchange| exchange.number)
    }

    #[test]
    fn rows_keep_the_order_of_sending_when_answers_do_not() {
        let mut history = History::default();
        let ids = [10, 20, 30].map(|number| send(&mut history, number));
        for (id, number) in [(ids[2], 30), (ids[0], 10), (ids[1], 20)] {
            history.settle(id, answer(number));
        }
        assert_eq!(numbers(&history), [30, 20, 10]);
        for exchange in history.newest_first() {
            assert_eq!(exchange.outcome, Some(answer(exchange.number)));
        }
    }

    #[test]
    fn calls_under_way_are_counted() {
        let mut history = History::default();
        let (first, second) = (send(&mut history, 1), send(&mut history, 2));
        assert_eq!(history.under_way(), 2);
        history.settle(second, answer(2));
        history.settle(first, failure());
        assert_eq!(history.under_way(), 0);
    }

    #[test]
    fn a_late_answer_does_not_replace_a_newer_one() {
        let mut history = History::default();
        let (first, second) = (send(&mut history, 1), send(&mut history, 2));
        assert_eq!(latest(&history), None);
        history.settle(second, answer(2));
        history.settle(first, failure());
        assert_eq!(latest(&history), Some(2));
    }

    #[test]
    fn a_failure_goes_away_with_the_next_success() {
        let mut history = History::default();
        let first = send(&mut history, 1);
        history.settle(first, failure());
        assert!(history.latest().is_some_and(|exchange| exchange.outcome == Some(failure())));
        let second = send(&mut history, 2);
        assert_eq!(latest(&history), Some(1), "what was shown stays until the answer is there");
        history.settle(second, answer(2));
        assert_eq!(latest(&history), Some(2));
    }

    #[test]
    fn the_oldest_are_forgotten_and_counted() {
        let mut history = History::default();
        for number in 0..KEPT as i64 {
            send(&mut history, number);
        }
        assert_eq!((history.newest_first().count(), history.forgotten()), (KEPT, 0));
        send(&mut history, 1000);
        send(&mut history, 1001);
        assert_eq!((history.newest_first().count(), history.forgotten()), (KEPT, 2));
        assert_eq!(numbers(&history)[..3], [1001, 1000, KEPT as i64 - 1]);
    }

    #[test]
    fn what_came_of_a_forgotten_call_is_not_shown_but_counted() {
        let mut history = History::default();
        let ids: Vec<_> = (0..=KEPT as i64).map(|number| send(&mut history, number)).collect();
        history.settle(ids[0], answer(0));
        assert_eq!(history.under_way(), KEPT);
        assert_eq!(latest(&history), None);
    }
}
