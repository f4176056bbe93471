//! The calls of this visit, newest first: what step 9 shows of them. Must not know how a call is made.

use std::collections::VecDeque;

use super::{
    burst::{Burst, Stage},
    failure::Failure,
    latency::Latencies,
    response::{Answer, Took},
};

/// How many exchanges are kept, and drawn; older ones are forgotten.
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
    /// From the call to what came of it; none while it is under way.
    pub took: Option<Took>,
    /// It is under way for longer than [`SILENT_MS`](super::overdue::SILENT_MS).
    pub is_late: bool,
    /// What travelled, for `state::wire`; empty while it is under way.
    pub record: String,
}

/// The calls of this visit, in the order they were sent in, whatever the order of the answers.
#[derive(Clone, Debug, Default)]
pub struct History {
    newest_first: VecDeque<Exchange>,
    sent: u64,
    under_way: usize,
    // Kept apart from the rows: it stays on the screen however many newer calls there are.
    latest: Option<(u64, Result<Answer, Failure>)>,
    chosen: Option<u64>,
    latencies: Latencies,
    burst: Option<Burst>,
}

impl History {
    /// Notes that a call leaves, and returns its id.
    pub fn send(&mut self, number: i64, sent_at: String) -> u64 {
        self.under_way += 1;
        let is_late = false;
        self.keep(Exchange {
            id: 0,
            sent_at,
            number,
            outcome: None,
            took: None,
            is_late,
            record: String::new(),
        })
    }

    /// Notes that a call has no answer yet, though it should.
    pub fn miss(&mut self, id: u64) {
        self.newest_first.iter_mut().filter(|row| row.id == id).for_each(|row| row.is_late = true);
    }

    /// The number of the newest call that is under way and should have been answered by now.
    pub fn late(&self) -> Option<i64> {
        let late = self.newest_first.iter().find(|row| row.is_late && row.outcome.is_none());
        late.map(|row| row.number)
    }

    /// Notes what came of a call, how long that took, and what travelled.
    pub fn settle(&mut self, id: u64, took: Took, outcome: Result<Answer, Failure>, record: String) {
        self.under_way -= 1;
        self.latencies.push(took);
        if let Some(row) = self.newest_first.iter_mut().find(|row| row.id == id) {
            row.outcome = Some(outcome.clone());
            row.took = Some(took);
            row.record = record;
        }
        if self.latest.as_ref().is_none_or(|&(latest, _)| latest < id) {
            self.latest = Some((id, outcome));
        }
    }

    /// Begins a burst, whose times are told by themselves.
    pub fn begin(&mut self, burst: Burst) {
        self.latencies.clear();
        self.burst = Some(burst);
    }

    /// Notes what came of a call of the burst, at a moment in milliseconds. It becomes a row, and leaves the
    /// place of the answer to the clicks; why a burst is in vain takes it, as a click's failure does.
    pub fn settle_in_burst(
        &mut self,
        (number, sent_at): (i64, String),
        took: Took,
        outcome: Result<Answer, Failure>,
        record: String,
        now_ms: f64,
    ) {
        self.latencies.push(took);
        let Some(burst) = &mut self.burst else { return };
        burst.settle(outcome.as_ref().err().map(Failure::code_name), now_ms);
        let in_vain = (burst.stage() == Stage::InVain).then(|| outcome.clone());
        let (outcome, took) = (Some(outcome), Some(took));
        let id = self.keep(Exchange { id: 0, sent_at, number, outcome, took, is_late: false, record });
        if let Some(outcome) = in_vain {
            self.latest = Some((id, outcome));
        }
    }

    /// Keeps a new exchange, gives it its id and returns that.
    fn keep(&mut self, exchange: Exchange) -> u64 {
        self.sent += 1;
        self.newest_first.truncate(KEPT - 1);
        self.newest_first.push_front(Exchange { id: self.sent, ..exchange });
        self.sent
    }

    /// Chooses an exchange by its place, 0 for the newest; that means the newest at any time.
    pub fn choose(&mut self, place: usize) {
        self.chosen = self.newest_first.get(place).filter(|_| place > 0).map(|exchange| exchange.id);
    }

    /// The id of the chosen exchange: the newest, until another one is chosen and after that one is forgotten. 0
    /// as long as there is none.
    pub fn chosen(&self) -> u64 {
        let is_kept = |id: &u64| self.newest_first.back().is_some_and(|oldest| oldest.id <= *id);
        self.chosen.filter(is_kept).unwrap_or(self.sent)
    }

    /// The chosen exchange; none before the first one.
    pub fn chosen_exchange(&self) -> Option<&Exchange> {
        self.newest_first.iter().find(|exchange| exchange.id == self.chosen())
    }

    /// How long the newest calls took.
    pub fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// The newest burst, once there was one.
    pub fn burst(&self) -> Option<&Burst> {
        self.burst.as_ref()
    }

    /// The newest burst, for its next call or to stop it.
    pub fn burst_mut(&mut self) -> Option<&mut Burst> {
        self.burst.as_mut()
    }

    /// The exchanges that are kept, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Exchange> {
        self.newest_first.iter()
    }

    /// What came of the newest call that came to an end: an older one's late answer does not take its place.
    pub fn latest(&self) -> Option<&Result<Answer, Failure>> {
        self.latest.as_ref().map(|(_, outcome)| outcome)
    }

    /// How many calls of clicks wait for their answers.
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
    use crate::state::burst::MOST_IN_VAIN;
    use crate::state::{failure::Kind, response::Trip};

    fn send(history: &mut History, number: i64) -> u64 {
        history.send(number, "09:41:07".to_owned())
    }

    fn answer(sent: i64) -> Result<Answer, Failure> {
        let trip = Trip { http: None, took: Took::between(0.0, 1.0), bytes_sent: 2, bytes_received: 4 };
        Ok(Answer { sent, returned: sent + 1, trip })
    }

    fn settle(history: &mut History, id: u64, outcome: Result<Answer, Failure>) {
        history.settle(id, Took::from_tenths(10), outcome, "what travelled".to_owned());
    }

    /// Makes a call of a burst, which begins with the first one, and returns its id.
    fn burst(history: &mut History, number: i64, outcome: Result<Answer, Failure>) -> u64 {
        if history.burst().is_none() {
            history.begin(Burst::new(10_000, 0.0));
        }
        assert!(history.burst_mut().is_some_and(Burst::leave));
        let call = (number, "09:41:08".to_owned());
        history.settle_in_burst(call, Took::from_tenths(20), outcome, String::new(), 1.0);
        history.newest_first().next().unwrap().id
    }

    fn record(history: &mut History, number: i64) -> u64 {
        burst(history, number, answer(number))
    }

    fn failure() -> Result<Answer, Failure> {
        Err(Failure { kind: Kind::Offline, code: 14, message: String::new() })
    }

    fn numbers(history: &History) -> Vec<i64> {
        history.newest_first().map(|exchange| exchange.number).collect()
    }

    /// The number of the newest answer; -1 for a failure.
    fn latest(history: &History) -> Option<i64> {
        history.latest().map(|outcome| outcome.as_ref().map_or(-1, |answer| answer.sent))
    }

    #[test]
    fn rows_keep_the_order_of_sending_when_answers_do_not() {
        let mut history = History::default();
        let ids = [10, 20, 30].map(|number| send(&mut history, number));
        for (id, number) in [(ids[2], 30), (ids[0], 10), (ids[1], 20)] {
            settle(&mut history, id, answer(number));
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
        settle(&mut history, second, answer(2));
        settle(&mut history, first, failure());
        assert_eq!(history.under_way(), 0);
    }

    #[test]
    fn a_late_answer_does_not_replace_a_newer_one() {
        let mut history = History::default();
        let (first, second) = (send(&mut history, 1), send(&mut history, 2));
        assert_eq!(latest(&history), None);
        settle(&mut history, second, answer(2));
        settle(&mut history, first, failure());
        assert_eq!(latest(&history), Some(2));
    }

    #[test]
    fn a_failure_goes_away_with_the_next_success() {
        let mut history = History::default();
        let first = send(&mut history, 1);
        settle(&mut history, first, failure());
        assert_eq!(history.latest(), Some(&failure()));
        let second = send(&mut history, 2);
        assert_eq!(latest(&history), Some(-1), "what was shown stays until the answer is there");
        settle(&mut history, second, answer(2));
        assert_eq!(latest(&history), Some(2));
    }

    #[test]
    fn a_late_call_is_told_until_it_is_answered() {
        let mut history = History::default();
        let [late, other] = [1, 2].map(|number| send(&mut history, number));
        history.miss(late);
        settle(&mut history, other, answer(2));
        assert_eq!(history.late(), Some(1));
        settle(&mut history, late, failure());
        assert_eq!(history.late(), None);
        history.miss(late);
        assert_eq!(history.late(), None, "it has come to its end");
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
    fn what_came_of_a_forgotten_call_is_shown_all_the_same() {
        let mut history = History::default();
        let ids: Vec<_> = (0..=KEPT as i64).map(|number| send(&mut history, number)).collect();
        settle(&mut history, ids[0], answer(0));
        assert_eq!(history.under_way(), KEPT);
        assert_eq!(latest(&history), Some(0));
        assert!(history.newest_first().all(|exchange| exchange.outcome.is_none()));
    }

    #[test]
    fn a_row_tells_how_long_its_call_took_whatever_came_of_it() {
        let mut history = History::default();
        let id = send(&mut history, 1);
        settle(&mut history, id, failure());
        record(&mut history, 2);
        let tenths = history.newest_first().map(|exchange| exchange.took.map(Took::tenths));
        assert_eq!(tenths.collect::<Vec<_>>(), [Some(20), Some(10)]);
    }

    #[test]
    fn a_burst_becomes_rows_and_leaves_the_answer_to_the_clicks() {
        let mut history = History::default();
        let id = send(&mut history, 1);
        for number in 2..200 {
            record(&mut history, number);
        }
        assert_eq!((history.under_way(), latest(&history)), (1, None));
        settle(&mut history, id, answer(1));
        assert_eq!((history.under_way(), latest(&history)), (0, Some(1)));
        assert_eq!(numbers(&history)[..2], [199, 198]);
        assert_eq!(history.forgotten(), 199 - KEPT as u64);
    }

    #[test]
    fn why_a_burst_is_in_vain_takes_the_place_of_the_answer() {
        let mut history = History::default();
        let id = send(&mut history, 1);
        settle(&mut history, id, answer(1));
        for number in 0..i64::from(MOST_IN_VAIN) {
            assert_eq!(latest(&history), Some(1));
            burst(&mut history, number, failure());
        }
        assert_eq!(history.latest(), Some(&failure()));
        assert_eq!(history.burst().map(Burst::stage), Some(Stage::InVain));
    }

    #[test]
    fn the_times_of_a_burst_are_told_by_themselves() {
        let mut history = History::default();
        let id = send(&mut history, 1);
        settle(&mut history, id, answer(1));
        record(&mut history, 2);
        assert_eq!(history.latencies().tenths().collect::<Vec<_>>(), [20]);
        let id = send(&mut history, 3);
        settle(&mut history, id, failure());
        assert_eq!(history.latencies().tenths().collect::<Vec<_>>(), [20, 10]);
    }

    #[test]
    fn the_newest_is_chosen_until_another_one_is() {
        let mut history = History::default();
        assert_eq!(history.chosen(), 0);
        let ids = [1, 2, 3].map(|number| send(&mut history, number));
        assert_eq!(history.chosen(), ids[2]);
        history.choose(2);
        send(&mut history, 4);
        assert_eq!(history.chosen(), ids[0]);
        history.choose(0);
        let fifth = send(&mut history, 5);
        assert_eq!(history.chosen(), fifth, "the newest means the newest at any time");
    }

    #[test]
    fn when_the_chosen_one_is_forgotten_the_newest_is_chosen() {
        let mut history = History::default();
        let first = send(&mut history, 1);
        send(&mut history, 2);
        history.choose(1);
        for number in 2..KEPT as i64 {
            record(&mut history, number);
        }
        assert_eq!(history.chosen(), first);
        let newest = record(&mut history, 99);
        assert_eq!(history.chosen(), newest);
    }
}
