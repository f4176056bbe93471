//! Many calls in a row, several at once: which may leave, what came of them, and when it is over. Must not
//! know how a call is made.

use super::overdue::NO_ANSWER;

/// How many calls a burst may have.
pub const MOST_CALLS: u32 = 10_000;

/// How many of them may be under way at once.
pub const MOST_AT_ONCE: u32 = 64;

/// When every call fails, no more than these are made: those that are under way at once may be a few more.
pub const MOST_IN_VAIN: u32 = 64;

/// A burst, from its start on.
#[derive(Clone, Debug)]
pub struct Burst {
    size: u32,
    started_ms: f64,
    now_ms: f64,
    left: u32,
    answered: u32,
    failed: u32,
    first_failure: Option<&'static str>,
    is_stopped: bool,
    is_silent: bool,
}

/// How far a burst is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Calls are under way.
    Running,
    /// Every call came to an end.
    Done,
    /// A person stopped it.
    Stopped,
    /// Calls failed, and none was answered.
    InVain,
}

impl Burst {
    /// A burst of `size` calls that starts at a moment in milliseconds.
    pub fn new(size: u32, started_ms: f64) -> Self {
        Self {
            size: size.clamp(1, MOST_CALLS),
            started_ms,
            now_ms: started_ms,
            left: 0,
            answered: 0,
            failed: 0,
            first_failure: None,
            is_stopped: false,
            is_silent: false,
        }
    }

    /// Whether one more call may leave; if so, it is counted.
    pub fn leave(&mut self) -> bool {
        let may = !self.is_stopped && self.left < self.size && !self.is_in_vain();
        self.left += u32::from(may);
        may
    }

    /// Notes that a call was answered, or the code it failed with, at a moment in milliseconds.
    pub fn settle(&mut self, failure: Option<&'static str>, now_ms: f64) {
        self.now_ms = now_ms;
        self.is_silent = false;
        self.first_failure = self.first_failure.or(failure);
        *if failure.is_some() { &mut self.failed } else { &mut self.answered } += 1;
    }

    /// Notes that one of its calls has no answer yet, though it should.
    pub fn miss(&mut self) {
        self.is_silent = true;
    }

    /// No more calls leave, and those under way are given up.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// How far it is.
    pub fn stage(&self) -> Stage {
        let ended = self.ended();
        if ended == self.size {
            return if self.answered == 0 { Stage::InVain } else { Stage::Done };
        }
        match (self.is_stopped, self.is_in_vain() && ended == self.left) {
            (true, _) => Stage::Stopped,
            (_, true) => Stage::InVain,
            _ => Stage::Running,
        }
    }

    fn is_in_vain(&self) -> bool {
        self.answered == 0 && self.failed >= MOST_IN_VAIN
    }

    /// How many calls it has.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// How many calls came to an end, whatever their outcome.
    pub fn ended(&self) -> u32 {
        self.answered + self.failed
    }

    /// How many calls came to an end in a second, from the start to the newest end.
    pub fn rate(&self) -> u32 {
        let elapsed_ms = (self.now_ms - self.started_ms).max(1.0);
        (f64::from(self.ended()) * 1000.0 / elapsed_ms) as u32
    }

    /// What became of it; nothing while it runs.
    pub fn end(&self) -> &'static str {
        match self.stage() {
            Stage::Running => "",
            Stage::Done => "Done. ",
            Stage::Stopped => "Stopped. ",
            Stage::InVain => "Ended: every call failed. ",
        }
    }

    /// How far it is, such as `1,234 of 10,000`.
    pub fn far(&self) -> String {
        let failed = match self.first_failure {
            Some(code) => format!("; {} failed, first with {code}", grouped(self.failed.into())),
            None => String::new(),
        };
        let far = format!("{} of {}{failed}", grouped(self.ended().into()), grouped(self.size.into()));
        let is_silent = self.is_silent && self.stage() == Stage::Running;
        if is_silent { [&far, ". ", NO_ANSWER].concat() } else { far }
    }
}

/// A number as a person writes it, such as `1,234`.
pub fn grouped(number: u64) -> String {
    match (number / 1000, number % 1000) {
        (0, units) => units.to_string(),
        (thousands, units) => format!("{},{units:03}", grouped(thousands)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURE: Option<&str> = Some("UNAVAILABLE");

    /// Lets as many calls leave as may, and returns how many.
    fn all_leave(burst: &mut Burst) -> u32 {
        let mut left = 0;
        while burst.leave() {
            left += 1;
        }
        left
    }

    #[test]
    fn every_call_leaves_once_and_is_counted_once() {
        let mut burst = Burst::new(1234, 0.0);
        assert_eq!(all_leave(&mut burst), 1234);
        for call in 0..1234 {
            assert_eq!((burst.ended(), burst.stage()), (call, Stage::Running));
            burst.settle(None, f64::from(call));
        }
        assert_eq!((burst.far().as_str(), burst.end()), ("1,234 of 1,234", "Done. "));
        assert!(!burst.leave());
    }

    #[test]
    fn a_size_beyond_the_limits_is_brought_within() {
        assert_eq!([0, 1, 10_000, 10_001].map(|size| Burst::new(size, 0.0).size()), [1, 1, 10_000, 10_000]);
    }

    #[test]
    fn failures_are_counted_and_do_not_end_it() {
        let mut burst = Burst::new(300, 0.0);
        all_leave(&mut burst);
        burst.settle(None, 1.0);
        (0..299).for_each(|_| burst.settle(FAILURE, 2.0));
        assert_eq!(burst.stage(), Stage::Done);
        assert_eq!(burst.far(), "300 of 300; 299 failed, first with UNAVAILABLE");
    }

    #[test]
    fn when_all_fail_it_ends_after_a_few() {
        let mut burst = Burst::new(MOST_CALLS, 0.0);
        let mut left = 0;
        for _ in 0..MOST_AT_ONCE {
            left += u32::from(burst.leave());
        }
        while burst.ended() < left {
            assert_eq!(burst.stage(), Stage::Running);
            burst.settle(FAILURE, 1.0);
            left += u32::from(burst.leave());
        }
        assert_eq!(burst.stage(), Stage::InVain);
        assert!(left < MOST_IN_VAIN + MOST_AT_ONCE, "{left} calls");
    }

    #[test]
    fn a_small_burst_that_fails_as_a_whole_says_so() {
        let mut burst = Burst::new(1, 0.0);
        all_leave(&mut burst);
        burst.settle(FAILURE, 1.0);
        assert_eq!(burst.stage(), Stage::InVain);
    }

    #[test]
    fn stopped_it_lets_nothing_leave_any_more() {
        let mut burst = Burst::new(100, 0.0);
        assert!(burst.leave() && burst.leave());
        burst.settle(None, 1.0);
        burst.stop();
        assert!(!burst.leave());
        assert_eq!((burst.ended(), burst.stage()), (1, Stage::Stopped));
    }

    #[test]
    fn stopped_after_its_end_it_is_done_all_the_same() {
        let mut burst = Burst::new(1, 0.0);
        all_leave(&mut burst);
        burst.settle(None, 1.0);
        burst.stop();
        assert_eq!(burst.stage(), Stage::Done);
    }

    #[test]
    fn a_silent_burst_is_told_until_something_comes_or_it_is_stopped() {
        let mut burst = Burst::new(10, 0.0);
        assert!(burst.leave() && burst.leave());
        burst.miss();
        assert_eq!(burst.far(), ["0 of 10. ", NO_ANSWER].concat());
        burst.settle(None, 1.0);
        assert_eq!(burst.far(), "1 of 10");
        burst.miss();
        burst.stop();
        assert_eq!(burst.far(), "1 of 10");
    }

    #[test]
    fn the_rate_is_that_of_the_time_so_far() {
        let mut burst = Burst::new(10, 500.0);
        assert_eq!(burst.rate(), 0);
        all_leave(&mut burst);
        (0..10).for_each(|_| burst.settle(None, 504.0));
        assert_eq!(burst.rate(), 2500);
    }

    #[test]
    fn large_numbers_are_grouped() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (10_042, "10,042"), (1_000_007, "1,000,007")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
