//! The calls of this visit, newest first. Part of step 9 of the path of a click. Independent of how calls are made.

use std::{collections::VecDeque, sync::Arc};

use super::{
    burst::{Burst, BurstStatus},
    exchange::Exchange,
    failure::Failure,
    latency::Latencies,
    response::{Elapsed, Response},
};

/// The number of calls kept; older ones are evicted.
pub const CAPACITY: usize = 50;

/// A call: the number and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The number of the call in this visit, from 1.
    pub id: u64,
    /// The local time of the request.
    pub sent_at: String,
    /// The number that was sent.
    pub number: i64,
    /// Whether it is in flight for longer than [`OVERDUE_MS`](super::overdue::OVERDUE_MS).
    pub is_overdue: bool,
    /// The end of the call; none while it is in flight.
    pub finished: Option<Finished>,
}

/// The end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The time from the request to the outcome.
    pub elapsed: Elapsed,
    /// The response or the failure.
    pub outcome: Result<Response, Failure>,
    /// The request and the response on the wire.
    pub exchange: Exchange,
}

/// The calls of this visit, in the order of the requests.
#[derive(Clone, Debug, Default)]
pub struct History {
    // Shared with what displays them: a copy for each rendering would take long.
    newest_first: VecDeque<Arc<Call>>,
    total: u64,
    in_flight: usize,
    // Separate from the rows: it is displayed however many calls are newer.
    latest: Option<(u64, Result<Response, Failure>)>,
    selected: Option<u64>,
    latencies: Latencies,
    burst: Option<Burst>,
}

impl Call {
    /// Returns the response; none while the call is in flight, or if it failed.
    pub fn response(&self) -> Option<&Response> {
        self.finished.as_ref()?.outcome.as_ref().ok()
    }
}

impl History {
    /// Registers the start of a call and returns its id.
    pub fn start_call(&mut self, number: i64, sent_at: String) -> u64 {
        self.in_flight += 1;
        self.push(Call { number, sent_at, ..Call::default() })
    }

    /// Registers that the response of a call is overdue.
    pub fn mark_overdue(&mut self, id: u64) {
        self.call_mut(id).into_iter().for_each(|call| call.is_overdue = true);
    }

    /// Returns the number of the newest call that is in flight and overdue.
    pub fn overdue(&self) -> Option<i64> {
        let overdue = self.newest_first.iter().find(|call| call.is_overdue && call.finished.is_none());
        overdue.map(|call| call.number)
    }

    /// Registers the end of a call.
    pub fn finish_call(&mut self, id: u64, finished: Finished) {
        self.in_flight -= 1;
        self.latencies.push(finished.elapsed);
        if self.latest.as_ref().is_none_or(|&(latest, _)| latest < id) {
            self.latest = Some((id, finished.outcome.clone()));
        }
        if let Some(call) = self.call_mut(id) {
            call.finished = Some(finished);
        }
    }

    /// Starts a burst and clears the latencies; returns whether it was started: one runs at a time.
    pub fn start_burst(&mut self, burst: Burst) -> bool {
        let may_start = !self.is_burst_running();
        if may_start {
            self.latencies.clear();
            self.burst = Some(burst);
        }
        may_start
    }

    /// Registers the start of a call of the burst; returns whether one may start.
    pub fn start_burst_call(&mut self) -> bool {
        self.burst.as_mut().is_some_and(Burst::start_call)
    }

    /// Registers that the response of a call of the burst is overdue.
    pub fn mark_burst_overdue(&mut self) {
        self.burst.iter_mut().for_each(Burst::mark_overdue);
    }

    /// Registers the end of a call of the burst, at a time in milliseconds. It becomes a row, but not the latest outcome,
    /// unless the burst has failed with it.
    pub fn finish_burst_call(&mut self, number: i64, sent_at: String, finished: Finished, now_ms: f64) {
        self.latencies.push(finished.elapsed);
        let Some(burst) = &mut self.burst else { return };
        burst.finish_call(finished.outcome.as_ref().err().map(Failure::code_name), now_ms);
        let failure = (burst.status() == BurstStatus::Failed).then(|| finished.outcome.clone());
        let id = self.push(Call { number, sent_at, finished: Some(finished), ..Call::default() });
        if let Some(outcome) = failure {
            self.latest = Some((id, outcome));
        }
    }

    /// Stops the burst if it is running: no more calls start.
    pub fn stop_burst(&mut self) {
        if self.is_burst_running() {
            self.burst.iter_mut().for_each(Burst::stop);
        }
    }

    /// Adds a call, and returns the id that it gets.
    fn push(&mut self, call: Call) -> u64 {
        self.total += 1;
        self.newest_first.truncate(CAPACITY - 1);
        self.newest_first.push_front(Arc::new(Call { id: self.total, ..call }));
        self.total
    }

    /// Selects a call. If it is the newest, the newest remains selected when newer calls arrive.
    pub fn select(&mut self, id: u64) {
        self.selected = Some(id).filter(|&id| id != self.total);
    }

    /// Selects the call before the selected one, if it is kept; returns the selected call's id.
    pub fn select_older(&mut self) -> u64 {
        let oldest = self.newest_first.back().map_or(0, |oldest| oldest.id);
        self.select(self.selected().saturating_sub(1).max(oldest));
        self.selected()
    }

    /// Selects the call after the selected one, if there is one; returns the selected call's id.
    pub fn select_newer(&mut self) -> u64 {
        self.select((self.selected() + 1).min(self.total));
        self.selected()
    }

    /// Returns the id of the selected call: the newest, unless another one is selected and not evicted. 0 without calls.
    pub fn selected(&self) -> u64 {
        let is_kept = |id: &u64| self.newest_first.back().is_some_and(|oldest| oldest.id <= *id);
        self.selected.filter(is_kept).unwrap_or(self.total)
    }

    /// Returns the call with this id, if it is kept.
    pub fn call(&self, id: u64) -> Option<&Arc<Call>> {
        self.newest_first.iter().find(|call| call.id == id)
    }

    fn call_mut(&mut self, id: u64) -> Option<&mut Call> {
        self.newest_first.iter_mut().find(|call| call.id == id).map(Arc::make_mut)
    }

    /// Returns the selected call to explain its bytes; none while it is in flight. Nor while a burst is running, which the
    /// rendering of each newest call would slow down.
    pub fn explainable_call(&self) -> Option<&Arc<Call>> {
        let is_explainable = |call: &&Arc<Call>| call.finished.is_some() && !self.is_burst_running();
        self.call(self.selected()).filter(is_explainable)
    }

    /// Returns the latencies of the newest calls.
    pub fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// Returns the newest burst.
    pub fn burst(&self) -> Option<&Burst> {
        self.burst.as_ref()
    }

    fn is_burst_running(&self) -> bool {
        self.burst.as_ref().is_some_and(|burst| burst.status() == BurstStatus::Running)
    }

    /// Returns the calls that are kept, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Arc<Call>> {
        self.newest_first.iter()
    }

    /// Returns the outcome of the newest finished call; a late response to an older call does not replace it.
    pub fn latest(&self) -> Option<&Result<Response, Failure>> {
        self.latest.as_ref().map(|(_, outcome)| outcome)
    }

    /// Returns the number of clicks in flight.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Returns the number of evicted calls.
    pub fn evicted(&self) -> u64 {
        self.total - self.newest_first.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::burst::MAX_FAILURES;
    use crate::model::{failure::Kind, response::RoundTrip};

    fn start(history: &mut History, number: i64) -> u64 {
        history.start_call(number, "09:41:07".to_owned())
    }

    fn response(sent: i64) -> Result<Response, Failure> {
        let round_trip =
            RoundTrip { http: None, elapsed: Elapsed::between(0.0, 1.0), bytes_sent: 2, bytes_received: 4 };
        Ok(Response { sent, returned: sent + 1, round_trip })
    }

    fn finish(history: &mut History, id: u64, outcome: Result<Response, Failure>) {
        history.finish_call(id, finished(10, outcome));
    }

    fn finished(tenths: u32, outcome: Result<Response, Failure>) -> Finished {
        Finished { elapsed: Elapsed::from_tenths(tenths), outcome, exchange: Exchange::default() }
    }

    /// Makes a call of a burst, which starts with the first one; returns its id.
    fn burst(history: &mut History, number: i64, outcome: Result<Response, Failure>) -> u64 {
        if history.burst().is_none() {
            history.start_burst(Burst::new(10_000, 0.0));
        }
        assert!(history.start_burst_call());
        history.finish_burst_call(number, "09:41:08".to_owned(), finished(20, outcome), 1.0);
        history.newest_first().next().unwrap().id
    }

    fn succeed(history: &mut History, number: i64) -> u64 {
        burst(history, number, response(number))
    }

    fn failure() -> Result<Response, Failure> {
        Err(Failure { kind: Kind::Offline, code: 14, message: String::new() })
    }

    fn numbers(history: &History) -> Vec<i64> {
        history.newest_first().map(|call| call.number).collect()
    }

    /// Returns the number of the latest response; -1 for a failure.
    fn latest(history: &History) -> Option<i64> {
        history.latest().map(|outcome| outcome.as_ref().map_or(-1, |response| response.sent))
    }

    #[test]
    fn rows_are_in_the_order_of_requests() {
        let mut history = History::default();
        let ids = [10, 20, 30].map(|number| start(&mut history, number));
        for (id, number) in [(ids[2], 30), (ids[0], 10), (ids[1], 20)] {
            finish(&mut history, id, response(number));
        }
        assert_eq!(numbers(&history), [30, 20, 10]);
        for call in history.newest_first() {
            assert_eq!(call.response(), response(call.number).ok().as_ref());
        }
    }

    #[test]
    fn calls_in_flight_are_counted() {
        let mut history = History::default();
        let (first, second) = (start(&mut history, 1), start(&mut history, 2));
        assert_eq!(history.in_flight(), 2);
        finish(&mut history, second, response(2));
        finish(&mut history, first, failure());
        assert_eq!(history.in_flight(), 0);
    }

    #[test]
    fn a_late_response_does_not_replace_a_newer_one() {
        let mut history = History::default();
        let (first, second) = (start(&mut history, 1), start(&mut history, 2));
        assert_eq!(latest(&history), None);
        finish(&mut history, second, response(2));
        finish(&mut history, first, failure());
        assert_eq!(latest(&history), Some(2));
    }

    #[test]
    fn a_success_replaces_a_failure() {
        let mut history = History::default();
        let first = start(&mut history, 1);
        finish(&mut history, first, failure());
        assert_eq!(history.latest(), Some(&failure()));
        let second = start(&mut history, 2);
        assert_eq!(latest(&history), Some(-1), "the failure remains until the response arrives");
        finish(&mut history, second, response(2));
        assert_eq!(latest(&history), Some(2));
    }

    #[test]
    fn a_call_is_overdue_until_its_response() {
        let mut history = History::default();
        let [overdue, other] = [1, 2].map(|number| start(&mut history, number));
        history.mark_overdue(overdue);
        finish(&mut history, other, response(2));
        assert_eq!(history.overdue(), Some(1));
        finish(&mut history, overdue, failure());
        assert_eq!(history.overdue(), None);
        history.mark_overdue(overdue);
        assert_eq!(history.overdue(), None, "it has finished");
    }

    #[test]
    fn the_oldest_calls_are_evicted_and_counted() {
        let mut history = History::default();
        for number in 0..CAPACITY as i64 {
            start(&mut history, number);
        }
        assert_eq!((history.newest_first().count(), history.evicted()), (CAPACITY, 0));
        start(&mut history, 1000);
        start(&mut history, 1001);
        assert_eq!((history.newest_first().count(), history.evicted()), (CAPACITY, 2));
        assert_eq!(numbers(&history)[..3], [1001, 1000, CAPACITY as i64 - 1]);
    }

    #[test]
    fn the_outcome_of_an_evicted_call_is_displayed() {
        let mut history = History::default();
        let ids: Vec<_> = (0..=CAPACITY as i64).map(|number| start(&mut history, number)).collect();
        finish(&mut history, ids[0], response(0));
        assert_eq!(history.in_flight(), CAPACITY);
        assert_eq!(latest(&history), Some(0));
        assert!(history.newest_first().all(|call| call.finished.is_none()));
    }

    #[test]
    fn every_call_has_a_duration_whatever_its_outcome() {
        let mut history = History::default();
        let id = start(&mut history, 1);
        finish(&mut history, id, failure());
        succeed(&mut history, 2);
        let tenths =
            history.newest_first().map(|call| call.finished.as_ref().map(|end| end.elapsed.tenths()));
        assert_eq!(tenths.collect::<Vec<_>>(), [Some(20), Some(10)]);
    }

    #[test]
    fn calls_of_a_burst_do_not_become_the_latest() {
        let mut history = History::default();
        let id = start(&mut history, 1);
        for number in 2..200 {
            succeed(&mut history, number);
        }
        assert_eq!((history.in_flight(), latest(&history)), (1, None));
        finish(&mut history, id, response(1));
        assert_eq!((history.in_flight(), latest(&history)), (0, Some(1)));
        assert_eq!(numbers(&history)[..2], [199, 198]);
        assert_eq!(history.evicted(), 199 - CAPACITY as u64);
    }

    #[test]
    fn the_failure_of_a_burst_becomes_the_latest() {
        let mut history = History::default();
        let id = start(&mut history, 1);
        finish(&mut history, id, response(1));
        for number in 0..i64::from(MAX_FAILURES) {
            assert_eq!(latest(&history), Some(1));
            burst(&mut history, number, failure());
        }
        assert_eq!(history.latest(), Some(&failure()));
        assert_eq!(history.burst().map(Burst::status), Some(BurstStatus::Failed));
    }

    #[test]
    fn a_burst_clears_the_latencies() {
        let mut history = History::default();
        let id = start(&mut history, 1);
        finish(&mut history, id, response(1));
        succeed(&mut history, 2);
        assert_eq!(history.latencies().tenths().collect::<Vec<_>>(), [20]);
        let id = start(&mut history, 3);
        finish(&mut history, id, failure());
        assert_eq!(history.latencies().tenths().collect::<Vec<_>>(), [20, 10]);
    }

    #[test]
    fn the_newest_call_is_selected_by_default() {
        let mut history = History::default();
        assert_eq!(history.selected(), 0);
        let ids = [1, 2, 3].map(|number| start(&mut history, number));
        assert_eq!(history.selected(), ids[2]);
        history.select(ids[0]);
        start(&mut history, 4);
        assert_eq!(history.selected(), ids[0]);
        let newest = start(&mut history, 5);
        history.select(newest);
        let sixth = start(&mut history, 6);
        assert_eq!(history.selected(), sixth, "the newest remains selected");
    }

    #[test]
    fn the_neighbours_of_the_selected_call_are_selected_up_to_the_ends() {
        let mut history = History::default();
        let ids = [1, 2, 3].map(|number| start(&mut history, number));
        assert_eq!([(); 3].map(|()| history.select_older()), [ids[1], ids[0], ids[0]]);
        assert_eq!([(); 3].map(|()| history.select_newer()), [ids[1], ids[2], ids[2]]);
        let fourth = start(&mut history, 4);
        assert_eq!(history.selected(), fourth, "the newest remains selected");
    }

    #[test]
    fn one_burst_runs_at_a_time_and_a_stop_after_its_end_changes_nothing() {
        let mut history = History::default();
        assert!(history.start_burst(Burst::new(1, 0.0)) && !history.start_burst(Burst::new(1, 0.0)));
        burst(&mut history, 1, failure());
        history.stop_burst();
        assert_eq!(history.burst().map(Burst::status), Some(BurstStatus::Failed));
        assert!(history.start_burst(Burst::new(1, 0.0)));
        history.stop_burst();
        assert_eq!(history.burst().map(Burst::status), Some(BurstStatus::Stopped));
    }

    #[test]
    fn the_selected_call_is_explained_when_it_has_finished_and_no_burst_is_running() {
        let mut history = History::default();
        let id = start(&mut history, 1);
        assert_eq!(history.explainable_call(), None);
        finish(&mut history, id, response(1));
        assert_eq!(history.explainable_call().map(|call| call.number), Some(1));
        succeed(&mut history, 2);
        assert_eq!(history.explainable_call(), None);
        history.stop_burst();
        assert_eq!(history.explainable_call().map(|call| call.number), Some(2));
    }

    #[test]
    fn the_newest_is_selected_when_the_selected_one_is_evicted() {
        let mut history = History::default();
        let first = start(&mut history, 1);
        start(&mut history, 2);
        history.select(first);
        for number in 2..CAPACITY as i64 {
            succeed(&mut history, number);
        }
        assert_eq!(history.selected(), first);
        let newest = succeed(&mut history, 99);
        assert_eq!(history.selected(), newest);
    }
}
