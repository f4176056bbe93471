//! Durations for people to read.

use std::time::{Duration, SystemTime};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Returns the time until `moment`, in whole days.
pub(super) fn left(moment: SystemTime, now: SystemTime) -> String {
    match moment.duration_since(now).map(|left| left.as_secs() / DAY) {
        Ok(1) => "1 day left".into(),
        Ok(days) => format!("{days} days left"),
        Err(_) => "expired".into(),
    }
}

/// Returns the uptime since `start`, which may be in the future if the other machine's clock is ahead.
pub(super) fn up(start: SystemTime, now: SystemTime) -> String {
    match now.duration_since(start) {
        Ok(up) => format!("up for {}", span(up)),
        Err(_) => "in the future: the clocks differ".into(),
    }
}

/// Returns the two largest units of a duration.
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
    fn the_remaining_time_is_in_whole_days() {
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
    fn an_uptime_has_its_two_largest_units() {
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
        assert_eq!(up(NOW + Duration::from_secs(1), NOW), "in the future: the clocks differ");
    }
}
