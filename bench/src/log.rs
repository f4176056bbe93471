//! h2load's log: how long each call took.

use anyhow::{Result, bail};

/// How long calls took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Times {
    /// Half of the calls took no longer, in microseconds.
    pub(crate) p50: f64,
    /// 99 % of the calls took no longer, in microseconds.
    pub(crate) p99: f64,
}

/// Parses the lines of `number` calls. Fails when there are more or fewer.
pub(crate) fn times(log: &str, number: usize) -> Result<Times> {
    let mut durations: Vec<_> = log.lines().map(duration).collect::<Result<_>>()?;
    if durations.is_empty() || durations.len() != number {
        bail!("h2load logged {} calls, not {number}", durations.len());
    }
    durations.sort_unstable();
    Ok(Times { p50: percentile(&durations, 50), p99: percentile(&durations, 99) })
}

/// Begin, HTTP status and duration, with tabs between.
fn duration(text: &str) -> Result<u64> {
    let mut fields = text.split('\t');
    let mut next = || fields.next()?.parse::<u64>().ok();
    match (next(), next(), next()) {
        (Some(_), Some(200), Some(duration)) => Ok(duration),
        _ => bail!("h2load logged `{text}`, which is no successful call"),
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
    fn the_latencies_are_parsed() {
        // Out of order, as several streams end.
        let log = "1000500\t200\t300\n1000000\t200\t500\n1000800\t200\t1200\n1001000\t200\t400\n";
        assert_eq!(times(log, 4).unwrap(), Times { p50: 400.0, p99: 1200.0 });
    }

    #[test]
    fn every_call_must_be_logged_as_successful() {
        let error = |log, number| times(log, number).unwrap_err().to_string();
        assert_eq!(error("1\t200\t2\n", 2), "h2load logged 1 calls, not 2");
        assert_eq!(error("", 0), "h2load logged 0 calls, not 0");
        assert_eq!(error("1\t503\t2\n", 1), "h2load logged `1\t503\t2`, which is no successful call");
        assert!(times("1\t-1\t2\n", 1).is_err());
        assert!(times("1\t200\n", 1).is_err());
    }

    #[test]
    fn a_percentile_is_one_of_the_durations() {
        let durations: Vec<_> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|percent| percentile(&durations, percent)), [100.0, 198.0, 200.0]);
        assert_eq!(percentile(&[7], 50), 7.0);
    }
}
