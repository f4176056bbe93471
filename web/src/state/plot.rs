//! Turns times into the paths of a small plot: each call as a dot, oldest to newest, and beside the dots how
//! the times are spread. Dots that fall on the same place are drawn once, so 10,000 calls cost no more than
//! the plot has places.

use std::{fmt::Write, mem};

use super::latency::Latencies;

/// How many places the plot has from left to right; up to as many calls have a place each.
pub const COLUMNS: usize = 100;

/// How many calls it takes to fill it; more of them stand closer together.
const FILLING: usize = 25;

/// How many places it has from top to bottom: three decades, from 1 second down to 1 millisecond.
pub const ROWS: usize = 72;

/// Where the bars of the spread begin, in columns.
const SPREAD: usize = 104;

/// How long the longest of them is.
const LONGEST: usize = 20;

/// The logarithms, as [`logarithm`] gives them, of the least and the most time that have a place of their own.
const DECADES: (u32, u32) = (logarithm(10), logarithm(10_000));

/// The plot as paths of SVG; a place is 1 unit wide and high.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plot {
    /// The calls: a dot for each place where there is one.
    pub calls: String,
    /// A bar for each row, as long as its share of the calls.
    pub spread: String,
    /// A line at each percentile, across the bars.
    pub percentiles: String,
}

impl Plot {
    /// Draws all of them.
    pub fn of(latencies: &Latencies) -> Self {
        let mut plot = Self::default();
        let mut is_drawn = [[false; ROWS]; COLUMNS];
        let mut share = [0; ROWS];
        let filling = latencies.len().max(FILLING);
        for (index, tenths) in latencies.tenths().enumerate() {
            let (column, row) = (index * COLUMNS / filling, row(tenths));
            share[row] += 1;
            if !mem::replace(&mut is_drawn[column][row], true) {
                draw(&mut plot.calls, column, row, 0);
            }
        }
        let most = share.into_iter().max().unwrap_or(0);
        for (row, count) in share.into_iter().enumerate().filter(|&(_, count)| count > 0) {
            // Even one call of many is seen.
            draw(&mut plot.spread, SPREAD, row, (count * LONGEST).div_ceil(most));
        }
        for took in latencies.percentiles().into_iter().flatten() {
            draw(&mut plot.percentiles, SPREAD, row(took.tenths()), LONGEST);
        }
        plot
    }
}

/// Adds a line to the right, from the middle of a place.
fn draw(path: &mut String, column: usize, row: usize, length: usize) {
    // A string takes whatever is written.
    let _ = write!(path, "M{column} {row}h{length}");
}

/// The row of a time, from the top; what is beyond an edge lies on it.
fn row(tenths: u32) -> usize {
    let (least, most) = DECADES;
    let above = logarithm(tenths.max(1)).clamp(least, most) - least;
    (ROWS - 1) - above as usize * (ROWS - 1) / (most - least) as usize
}

/// The logarithm to base 2 in sixteenths, straight between powers: within a sixteenth or two, and without
/// the floating-point code that the page would have to load.
const fn logarithm(number: u32) -> u32 {
    let power = number.ilog2();
    16 * power + ((number as u64 * 16) >> power) as u32 - 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::response::Took;

    fn plot(tenths: impl IntoIterator<Item = u32>) -> Plot {
        let mut latencies = Latencies::default();
        tenths.into_iter().for_each(|tenths| latencies.push(Took::from_tenths(tenths)));
        Plot::of(&latencies)
    }

    #[test]
    fn no_call_draws_nothing() {
        assert_eq!(plot([]), Plot::default());
    }

    #[test]
    fn a_call_is_a_dot_at_its_time_with_its_bar_and_its_percentiles() {
        let one = plot([10]);
        assert_eq!((one.calls.as_str(), one.spread.as_str()), ("M0 71h0", "M104 71h20"));
        assert_eq!(one.percentiles, "M104 71h20".repeat(3));
    }

    #[test]
    fn decades_are_equally_far_apart() {
        let rows = [10, 100, 1000, 10_000].map(row);
        assert_eq!((rows[0], rows[3]), (71, 0));
        for (row, exact) in rows.into_iter().zip([71.0, 47.33, 23.67, 0.0]) {
            assert!((row as f64 - exact).abs() < 1.0, "{row} for {exact}");
        }
    }

    #[test]
    fn longer_times_are_never_lower() {
        assert!((0..20_000).map(row).is_sorted_by(|one, next| one >= next));
    }

    #[test]
    fn what_is_beyond_the_plot_lies_on_its_edge() {
        assert_eq!([0, 1, 9].map(row), [71; 3]);
        assert_eq!([10_001, u32::MAX].map(row), [0; 2]);
    }

    #[test]
    fn each_place_is_drawn_once() {
        assert_eq!(plot([10, 10, 10_000]).calls, "M0 71h0M4 71h0M8 0h0");
        assert_eq!(plot([10; 200]).calls.matches('M').count(), COLUMNS);
    }

    #[test]
    fn one_call_among_thousands_is_seen() {
        let rare = plot((0..9999).map(|_| 10).chain([10_000]));
        assert_eq!(rare.spread, "M104 0h1M104 71h20");
    }

    #[test]
    fn ten_thousand_calls_fill_the_plot_and_stay_small() {
        let many = plot((0..10_000).map(|index| index * 7919 % 10_000));
        assert!(many.calls.contains("M0 ") && many.calls.contains("M99 "));
        assert!(many.calls.len() < COLUMNS * ROWS * 8, "{} bytes", many.calls.len());
    }
}
