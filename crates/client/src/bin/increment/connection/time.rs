//! Moments and spans of time for a person to read. Must not know what happened then.

use std::time::{Duration, SystemTime};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How much time is left until `moment`, in whole days.
pub(super) fn left(moment: SystemTime, now: SystemTime) -> String {
    match moment.duration_since(now).map(|left| left.as_secs() / DAY) {
        Ok(1) => "1 day left".into(),
        Ok(days) => format!("{days} days left"),
        Err(_) => "expired".into(),
    }
}

/// How long something has been up that began at `start`; another machine's clock may be ahead.
pub(super) fn up(start: SystemTime, now: SystemTime) -> String {
    match now.duration_since(start) {
        Ok(up) => format!("up for {}", span(up)),
        Err(_) => "later than now: the clocks differ".into(),
    }
}

/// The two largest units.
fn span(span: Duration) -> String {
    match span.as_secs() {
        seconds @ ..MINUTE => format!("{seconds} s"),
        seconds @ ..HOUR => format!("{} min {} s", seconds / MINUTE, seconds % MINUTE),
        seconds @ ..DAY => format!("{} h {} min", seconds / HOUR, seconds % HOUR / MINUTE),
        seconds if seconds / DAY == 1 => format!("1 day {} h", seconds % DAY / HOUR),
        seconds => format!("{} days {} h", seconds / DAY, seconds % DAY / HOUR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    #[test]
    fn what_is_left_are_whole_days() {
        for (seconds, expected) in [
            (0, "0 days left"),
            (DAY - 1, "0 days left"),
            (DAY, "1 day left"),
            (90 * DAY - 1, "89 days left"),
        ] {
            assert_eq!(left(NOW + Duration::from_secs(seconds), NOW), expected);
        }
        assert_eq!(left(NOW, NOW + Duration::from_secs(1)), "expired");
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        for (seconds, expected) in [
            (0, "up for 0 s"),
            (59, "up for 59 s"),
            (60, "up for 1 min 0 s"),
            (3599, "up for 59 min 59 s"),
            (3600, "up for 1 h 0 min"),
            (DAY - 1, "up for 23 h 59 min"),
            (DAY + HOUR, "up for 1 day 1 h"),
            (400 * DAY - 1, "up for 399 days 23 h"),
        ] {
            assert_eq!(up(NOW, NOW + Duration::from_secs(seconds)), expected);
        }
        assert_eq!(up(NOW + Duration::from_secs(1), NOW), "later than now: the clocks differ");
    }
}
