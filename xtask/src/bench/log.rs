//! What h2load writes down about each call: how many were answered in a second, and how long they took. Must
//! not know who answered.

use crate::Outcome;

/// How calls were answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answers {
    /// Calls per second, from the first one's begin to the last one's end: connecting is not in it.
    pub(crate) rate: f64,
    /// Half of the calls took no longer, in microseconds.
    pub(crate) p50: f64,
    /// 99 % of the calls took no longer, in microseconds.
    pub(crate) p99: f64,
}

/// A call, in microseconds.
#[derive(Debug, PartialEq)]
struct Line {
    begin: u64,
    duration: u64,
}

/// Reads the lines of `number` calls. Fails when there are more or fewer.
pub(crate) fn answers(log: &str, number: usize) -> Outcome<Answers> {
    let lines: Vec<_> = log.lines().map(line).collect::<Outcome<_>>()?;
    let begin = lines.iter().map(|line| line.begin).min();
    let end = lines.iter().map(|line| line.begin + line.duration).max();
    let (Some(begin), Some(end), true) = (begin, end, lines.len() == number) else {
        return Err(format!("h2load wrote {} calls down, not {number}", lines.len()));
    };
    let mut durations: Vec<_> = lines.iter().map(|line| line.duration).collect();
    durations.sort_unstable();
    Ok(Answers {
        rate: number as f64 * 1e6 / (end - begin) as f64,
        p50: percentile(&durations, 50),
        p99: percentile(&durations, 99),
    })
}

/// Begin, HTTP status and duration, with tabs between.
fn line(text: &str) -> Outcome<Line> {
    let mut fields = text.split('\t');
    let mut next = || fields.next()?.parse().ok();
    match (next(), next(), next()) {
        (Some(begin), Some(200), Some(duration)) => Ok(Line { begin, duration }),
        _ => Err(format!("h2load wrote `{text}` down, which is no call that succeeded")),
    }
}

/// The least of the sorted `durations` that `percent` of them do not exceed.
fn percentile(durations: &[u64], percent: usize) -> f64 {
    let rank = (durations.len() * percent).div_ceil(100);
    durations.get(rank.saturating_sub(1)).map_or(f64::NAN, |duration| *duration as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_tell_rate_and_latency() {
        // Out of order, as several streams end.
        let log = "1000500\t200\t300\n1000000\t200\t500\n1000800\t200\t1200\n1001000\t200\t400\n";
        assert_eq!(answers(log, 4), Ok(Answers { rate: 2000.0, p50: 400.0, p99: 1200.0 }));
    }

    #[test]
    fn every_call_must_be_there_and_have_succeeded() {
        assert_eq!(answers("1\t200\t2\n", 2), Err("h2load wrote 1 calls down, not 2".into()));
        assert_eq!(answers("", 0), Err("h2load wrote 0 calls down, not 0".into()));
        let wrong = "h2load wrote `1\t503\t2` down, which is no call that succeeded";
        assert_eq!(answers("1\t503\t2\n", 1), Err(wrong.into()));
        assert!(answers("1\t-1\t2\n", 1).is_err());
        assert!(answers("1\t200\n", 1).is_err());
    }

    #[test]
    fn a_percentile_is_one_of_the_durations() {
        let durations: Vec<_> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|percent| percentile(&durations, percent)), [100.0, 198.0, 200.0]);
        assert_eq!(percentile(&[7], 50), 7.0);
    }
}
