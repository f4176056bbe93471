//! What is in the log and not in the database: gathered change by change, for the next checkpoint. Must not know
//! either.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    name::Name,
    origins::Reported,
    totals::{Change, Fold, Growth, Origin, Row},
};

/// The difference between the totals and the database: first what goes, then what is set.
#[derive(Debug, Default)]
pub(crate) struct Unsaved {
    /// Origins whose rows and age go.
    pub(crate) gone: BTreeSet<Name>,
    /// Names of folded origins with their place in the order; none where the name is forgotten.
    pub(crate) folded_names: BTreeMap<Name, Option<u64>>,
    /// The new totals.
    pub(crate) totals: BTreeMap<Origin, BTreeMap<Row, Reported>>,
    /// By origin, the number of the group in which it grew last.
    pub(crate) ages: BTreeMap<Name, u64>,
}

impl Unsaved {
    /// Takes in a change of the group with this number.
    pub(crate) fn add(&mut self, change: &Change, group: u64) {
        match change {
            Change::Growth(growth) => self.grow(growth, group),
            Change::Fold(fold) => self.fold(fold),
        }
    }

    fn grow(&mut self, Growth { origin, row, total, is_named, .. }: &Growth, group: u64) {
        self.set(origin, row, Reported { total: *total, is_named: *is_named });
        if let Origin::Other(name) = origin {
            self.ages.insert(name.clone(), group);
        }
    }

    fn fold(&mut self, Fold { origin, order, forgotten, sums }: &Fold) {
        // What it had since the last checkpoint is in the sums.
        self.totals.remove(&Origin::Other(origin.clone()));
        self.ages.remove(origin);
        self.gone.insert(origin.clone());
        self.folded_names.insert(origin.clone(), Some(*order));
        if let Some(forgotten) = forgotten {
            self.folded_names.insert(forgotten.clone(), None);
        }
        for (row, total) in sums {
            self.set(&Origin::Folded, row, Reported { total: *total, is_named: true });
        }
    }

    fn set(&mut self, origin: &Origin, row: &Row, reported: Reported) {
        let rows = match self.totals.get_mut(origin) {
            Some(rows) => rows,
            None => self.totals.entry(origin.clone()).or_default(),
        };
        rows.insert(row.clone(), reported);
    }
}
