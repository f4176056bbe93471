//! The sums over all origins: what callers read.

use std::collections::BTreeMap;

use crate::{
    change::Growth,
    row::{OTHER, Row},
};

/// The totals of all origins together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) total: u64,
    pub(crate) rows: BTreeMap<Row, u64>,
    /// The number of origins with totals of their own.
    pub(crate) origins: usize,
}

impl Sums {
    /// Adds the growth of one row.
    pub(crate) fn add(&mut self, Growth { row, growth, total, .. }: &Growth) {
        let row = if total.is_listed { row } else { &OTHER };
        // No overflow: the total was checked, and no row has more than that.
        self.total += growth;
        match self.rows.get_mut(row) {
            Some(sum) => *sum += growth,
            None => drop(self.rows.insert(row.clone(), *growth)),
        }
    }
}
