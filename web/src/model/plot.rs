//! Renders latencies as the SVG paths of a small plot: a dot for each call, oldest to newest, and a histogram beside them.
//! Each cell is drawn at most once, so 10,000 calls cost no more than the number of cells.

use std::{fmt::Write, mem};

use super::latency::Latencies;

/// The number of columns; up to this many calls have a column each.
pub const COLUMNS: usize = 100;

/// The number of calls that fill the plot; more calls move closer together.
const MIN_CALLS: usize = 25;

/// The number of rows: three decades, from 1 second at the top to 1 millisecond.
pub const ROWS: usize = 72;

/// The column where the bars of the histogram start.
const HISTOGRAM: usize = 104;

/// The length of the longest bar.
const MAX_BAR: usize = 20;

/// The logarithms, as [`logarithm`] returns them, of the shortest and longest latency inside the plot.
const DECADES: (u32, u32) = (logarithm(10), logarithm(10_000));

/// The plot as SVG paths; a cell is 1 unit wide and high.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plot {
    /// A dot in each cell with a call.
    pub calls: String,
    /// A bar in each row, proportional to its calls.
    pub histogram: String,
    /// A line at each percentile, across the bars.
    pub percentiles: String,
}

impl Plot {
    /// Renders all latencies.
    pub fn new(latencies: &Latencies) -> Self {
        let mut plot = Self::default();
        let mut is_drawn = [[false; ROWS]; COLUMNS];
        let mut counts = [0; ROWS];
        let width = latencies.len().max(MIN_CALLS);
        for (index, tenths) in latencies.tenths().enumerate() {
            let (column, row) = (index * COLUMNS / width, row(tenths));
            counts[row] += 1;
            if !mem::replace(&mut is_drawn[column][row], true) {
                line(&mut plot.calls, column, row, 0);
            }
        }
        let max = counts.into_iter().max().unwrap_or(0);
        for (row, count) in counts.into_iter().enumerate().filter(|&(_, count)| count > 0) {
            // Rounded up: one call of many remains visible.
            line(&mut plot.histogram, HISTOGRAM, row, (count * MAX_BAR).div_ceil(max));
        }
        for elapsed in latencies.percentiles().into_iter().flatten() {
            line(&mut plot.percentiles, HISTOGRAM, row(elapsed.tenths()), MAX_BAR);
        }
        plot
    }
}

/// Appends a line to the right, from the middle of a cell.
fn line(path: &mut String, column: usize, row: usize, length: usize) {
    // Writing to a string never fails.
    let _ = write!(path, "M{column} {row}h{length}");
}

/// Returns the row of a latency, from the top; latencies outside the plot are on its edge.
fn row(tenths: u32) -> usize {
    let (min, max) = DECADES;
    let above = logarithm(tenths.max(1)).clamp(min, max) - min;
    (ROWS - 1) - above as usize * (ROWS - 1) / (max - min) as usize
}

/// Returns the logarithm to base 2 in sixteenths, linear between powers: accurate to two sixteenths, without the code for
/// floating-point logarithms.
const fn logarithm(number: u32) -> u32 {
    let power = number.ilog2();
    16 * power + ((number as u64 * 16) >> power) as u32 - 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::response::Elapsed;

    fn plot(tenths: impl IntoIterator<Item = u32>) -> Plot {
        let mut latencies = Latencies::default();
        tenths.into_iter().for_each(|tenths| latencies.push(Elapsed::from_tenths(tenths)));
        Plot::new(&latencies)
    }

    #[test]
    fn without_calls_the_plot_is_empty() {
        assert_eq!(plot([]), Plot::default());
    }

    #[test]
    fn a_call_has_a_dot_a_bar_and_percentiles() {
        let one = plot([10]);
        assert_eq!((one.calls.as_str(), one.histogram.as_str()), ("M0 71h0", "M104 71h20"));
        assert_eq!(one.percentiles, "M104 71h20".repeat(3));
    }

    #[test]
    fn decades_are_equally_spaced() {
        let rows = [10, 100, 1000, 10_000].map(row);
        assert_eq!((rows[0], rows[3]), (71, 0));
        for (row, exact) in rows.into_iter().zip([71.0, 47.33, 23.67, 0.0]) {
            assert!((row as f64 - exact).abs() < 1.0, "{row} for {exact}");
        }
    }

    #[test]
    fn longer_latencies_are_never_lower() {
        assert!((0..20_000).map(row).is_sorted_by(|one, next| one >= next));
    }

    #[test]
    fn latencies_outside_the_plot_are_on_its_edge() {
        assert_eq!([0, 1, 9].map(row), [71; 3]);
        assert_eq!([10_001, u32::MAX].map(row), [0; 2]);
    }

    #[test]
    fn each_cell_is_drawn_once() {
        assert_eq!(plot([10, 10, 10_000]).calls, "M0 71h0M4 71h0M8 0h0");
        assert_eq!(plot([10; 200]).calls.matches('M').count(), COLUMNS);
    }

    #[test]
    fn one_call_among_thousands_is_visible() {
        let rare = plot((0..9999).map(|_| 10).chain([10_000]));
        assert_eq!(rare.histogram, "M104 0h1M104 71h20");
    }

    #[test]
    fn ten_thousand_calls_fill_the_plot_in_few_bytes() {
        let many = plot((0..10_000).map(|index| index * 7919 % 10_000));
        assert!(many.calls.contains("M0 ") && many.calls.contains("M99 "));
        assert!(many.calls.len() < COLUMNS * ROWS * 8, "{} bytes", many.calls.len());
    }
}
