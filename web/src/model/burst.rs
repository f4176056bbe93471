//! A burst of calls, several in flight at a time: its progress and outcome. Independent of how calls are made.

/// The maximum number of calls of a burst.
pub const MAX_CALLS: u32 = 10_000;

/// The maximum number of calls in flight.
pub const MAX_IN_FLIGHT: u32 = 64;

/// The number of failures without a success after which no more calls start. Calls in flight may add to it.
pub const MAX_FAILURES: u32 = 64;

/// A burst, since its start.
#[derive(Clone, Debug, PartialEq)]
pub struct Burst {
    size: u32,
    started_ms: f64,
    now_ms: f64,
    started: u32,
    succeeded: u32,
    failed: u32,
    first_failure: Option<&'static str>,
    is_stopped: bool,
    is_overdue: bool,
}

/// The status of a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BurstStatus {
    /// Calls are in flight.
    Running,
    /// Every call has completed.
    Done,
    /// A person stopped it.
    Stopped,
    /// Every call failed.
    Failed,
}

impl Burst {
    /// Creates a burst of `size` calls that starts at a time in milliseconds.
    pub fn new(size: u32, started_ms: f64) -> Self {
        Self {
            size: size.clamp(1, MAX_CALLS),
            started_ms,
            now_ms: started_ms,
            started: 0,
            succeeded: 0,
            failed: 0,
            first_failure: None,
            is_stopped: false,
            is_overdue: false,
        }
    }

    /// Registers the start of a call; returns whether one may start.
    pub fn start_call(&mut self) -> bool {
        let may_start = !self.is_stopped && self.started < self.size && !self.has_failed();
        self.started += u32::from(may_start);
        may_start
    }

    /// Registers the end of a call at a time in milliseconds, with the status code of a failure.
    pub fn finish_call(&mut self, failure: Option<&'static str>, now_ms: f64) {
        self.now_ms = now_ms;
        self.is_overdue = false;
        self.first_failure = self.first_failure.or(failure);
        *if failure.is_some() { &mut self.failed } else { &mut self.succeeded } += 1;
    }

    /// Registers that the response of a call is overdue.
    pub fn mark_overdue(&mut self) {
        self.is_overdue = true;
    }

    /// Stops the burst: no more calls start, and those in flight are cancelled.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// Returns the status.
    pub fn status(&self) -> BurstStatus {
        let completed = self.completed();
        if completed == self.size {
            return if self.succeeded == 0 { BurstStatus::Failed } else { BurstStatus::Done };
        }
        match (self.is_stopped, self.has_failed() && completed == self.started) {
            (true, _) => BurstStatus::Stopped,
            (_, true) => BurstStatus::Failed,
            _ => BurstStatus::Running,
        }
    }

    fn has_failed(&self) -> bool {
        self.succeeded == 0 && self.failed >= MAX_FAILURES
    }

    /// Returns the number of calls.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Returns the number of completed calls, whatever their outcome.
    pub fn completed(&self) -> u32 {
        self.succeeded + self.failed
    }

    /// Returns the completed calls per second, from the start to the newest completion.
    pub fn rate(&self) -> u32 {
        let elapsed_ms = (self.now_ms - self.started_ms).max(1.0);
        (f64::from(self.completed()) * 1000.0 / elapsed_ms) as u32
    }

    /// Returns the outcome as text; empty while it runs.
    pub fn outcome(&self) -> &'static str {
        match self.status() {
            BurstStatus::Running => "",
            BurstStatus::Done => "Done. ",
            BurstStatus::Stopped => "Stopped. ",
            BurstStatus::Failed => "Ended: every call failed. ",
        }
    }

    /// Returns the number of failed calls.
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// Returns the status code of the first failure.
    pub fn first_failure(&self) -> Option<&'static str> {
        self.first_failure
    }

    /// Returns whether a response is overdue.
    pub fn is_overdue(&self) -> bool {
        self.is_overdue && self.status() == BurstStatus::Running
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURE: Option<&str> = Some("UNAVAILABLE");

    /// Starts as many calls as may start; returns their number.
    fn start_all(burst: &mut Burst) -> u32 {
        let mut started = 0;
        while burst.start_call() {
            started += 1;
        }
        started
    }

    #[test]
    fn every_call_is_started_and_counted_once() {
        let mut burst = Burst::new(1234, 0.0);
        assert_eq!(start_all(&mut burst), 1234);
        for call in 0..1234 {
            assert_eq!((burst.completed(), burst.status()), (call, BurstStatus::Running));
            burst.finish_call(None, f64::from(call));
        }
        assert_eq!((burst.completed(), burst.outcome()), (1234, "Done. "));
        assert!(!burst.start_call());
    }

    #[test]
    fn the_size_is_clamped_to_the_limits() {
        assert_eq!([0, 1, 10_000, 10_001].map(|size| Burst::new(size, 0.0).size()), [1, 1, 10_000, 10_000]);
    }

    #[test]
    fn failures_are_counted_and_do_not_end_the_burst() {
        let mut burst = Burst::new(300, 0.0);
        start_all(&mut burst);
        burst.finish_call(None, 1.0);
        (0..299).for_each(|_| burst.finish_call(FAILURE, 2.0));
        assert_eq!(burst.status(), BurstStatus::Done);
        assert_eq!((burst.failed(), burst.first_failure()), (299, FAILURE));
    }

    #[test]
    fn a_burst_without_a_success_ends_early() {
        let mut burst = Burst::new(MAX_CALLS, 0.0);
        let mut started = 0;
        for _ in 0..MAX_IN_FLIGHT {
            started += u32::from(burst.start_call());
        }
        while burst.completed() < started {
            assert_eq!(burst.status(), BurstStatus::Running);
            burst.finish_call(FAILURE, 1.0);
            started += u32::from(burst.start_call());
        }
        assert_eq!(burst.status(), BurstStatus::Failed);
        assert!(started < MAX_FAILURES + MAX_IN_FLIGHT, "{started} calls");
    }

    #[test]
    fn a_small_burst_without_a_success_has_failed() {
        let mut burst = Burst::new(1, 0.0);
        start_all(&mut burst);
        burst.finish_call(FAILURE, 1.0);
        assert_eq!(burst.status(), BurstStatus::Failed);
    }

    #[test]
    fn no_call_starts_after_a_stop() {
        let mut burst = Burst::new(100, 0.0);
        assert!(burst.start_call() && burst.start_call());
        burst.finish_call(None, 1.0);
        burst.stop();
        assert!(!burst.start_call());
        assert_eq!((burst.completed(), burst.status()), (1, BurstStatus::Stopped));
    }

    #[test]
    fn a_stop_after_the_end_has_no_effect() {
        let mut burst = Burst::new(1, 0.0);
        start_all(&mut burst);
        burst.finish_call(None, 1.0);
        burst.stop();
        assert_eq!(burst.status(), BurstStatus::Done);
    }

    #[test]
    fn an_overdue_burst_is_reported_until_the_next_response_or_a_stop() {
        let mut burst = Burst::new(10, 0.0);
        assert!(burst.start_call() && burst.start_call());
        burst.mark_overdue();
        assert!(burst.is_overdue());
        burst.finish_call(None, 1.0);
        assert!(!burst.is_overdue());
        burst.mark_overdue();
        burst.stop();
        assert!(!burst.is_overdue());
    }

    #[test]
    fn the_rate_covers_the_time_since_the_start() {
        let mut burst = Burst::new(10, 500.0);
        assert_eq!(burst.rate(), 0);
        start_all(&mut burst);
        (0..10).for_each(|_| burst.finish_call(None, 504.0));
        assert_eq!(burst.rate(), 2500);
    }
}
