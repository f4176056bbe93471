//! The figures of a run: medians over rounds, and comparisons within a round, when the machine was in one state.

use super::server::{DURABILITIES, Durability};

/// The figures of one server in one turn.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cell {
    /// Of the server for each call, in microseconds.
    pub(crate) cpu: f64,
    /// Calls per second.
    pub(crate) rate: f64,
    /// Half of the calls took no longer, in microseconds.
    pub(crate) p50: f64,
    /// 99 % of the calls took no longer, in microseconds.
    pub(crate) p99: f64,
}

/// One of a cell's figures.
pub(crate) type Figure = fn(&Cell) -> f64;

/// All turns at one level, in the order of [`DURABILITIES`].
#[derive(Clone, Default)]
pub(crate) struct Rounds(Vec<[Cell; 3]>);

/// One comparison over all rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Rounds {
    pub(crate) fn push(&mut self, round: [Cell; 3]) {
        self.0.push(round);
    }

    /// The median of a server's figure.
    pub(crate) fn median(&self, durability: Durability, figure: Figure) -> f64 {
        self.spread(durability, figure).median
    }

    /// A server's figure, over all rounds.
    pub(crate) fn spread(&self, durability: Durability, figure: Figure) -> Spread {
        self.compare(durability, |this, _| figure(this))
    }

    /// A server's figure as a ratio to the one of the server that counts nothing.
    pub(crate) fn ratio(&self, durability: Durability, figure: Figure) -> Spread {
        self.compare(durability, |this, off| figure(this) / figure(off))
    }

    /// The difference of a figure to the one of the server that counts nothing.
    pub(crate) fn added(&self, durability: Durability, figure: Figure) -> Spread {
        self.compare(durability, |this, off| figure(this) - figure(off))
    }

    fn compare(&self, durability: Durability, compare: impl Fn(&Cell, &Cell) -> f64) -> Spread {
        let [this, off] = [durability, Durability::Off].map(index);
        Spread::from_values(self.0.iter().map(|round| compare(&round[this], &round[off])).collect())
    }
}

impl Spread {
    fn from_values(values: Vec<f64>) -> Self {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self { median: median(&values), least, most }
    }

    /// The same in another unit.
    pub(crate) fn per(self, unit: f64) -> Self {
        Self { median: self.median / unit, least: self.least / unit, most: self.most / unit }
    }
}

fn index(durability: Durability) -> usize {
    DURABILITIES.iter().position(|known| *known == durability).expect("all are known")
}

/// The value in the middle, or between the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let (below, above) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    values.get(below).zip(values.get(above)).map_or(f64::NAN, |(below, above)| (below + above) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), 3.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn figures_are_compared_within_their_round() {
        let round = |cpus: [f64; 3]| cpus.map(|cpu| Cell { cpu, ..Cell::default() });
        let mut rounds = Rounds::default();
        // The second round is twice as slow, for all alike.
        for cpus in [[10.0, 11.0, 12.0], [20.0, 22.0, 30.0], [10.0, 10.0, 13.0]] {
            rounds.push(round(cpus));
        }
        assert_eq!(rounds.median(Durability::Strict, |cell| cell.cpu), 13.0);
        let ratio = rounds.ratio(Durability::Relaxed, |cell| cell.cpu);
        assert_eq!(ratio, Spread { median: 1.1, least: 1.0, most: 1.1 });
        let added = rounds.added(Durability::Strict, |cell| cell.cpu);
        assert_eq!(added, Spread { median: 3.0, least: 2.0, most: 10.0 });
        assert_eq!(added.per(2.0), Spread { median: 1.5, least: 1.0, most: 5.0 });
    }
}
