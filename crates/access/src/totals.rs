//! The totals and how they grow: the ledger's domain. Pure; must not know the disk, the protocols or the time.

use std::collections::{BTreeMap, btree_map::Entry};

use crate::name::Name;

/// The most origins that may report.
pub const ORIGINS: usize = 10_000;
/// The most rows of one origin that reports.
pub const ROWS_PER_ORIGIN: usize = 256;
/// The most rows of all origins together.
pub const ROWS: usize = 100_000;
/// The most rows that are told: those of different origins with the same names are told as one. As many as fit into
/// the 4 MiB that gRPC clients take in one message.
pub const TOLD_ROWS: usize = 10_000;

/// What is counted apart from all else: one method over one protocol. A clone is cheap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// The service's full name, such as `increment.v1.IncrementService`.
    pub service: Name,
    /// The method's name, such as `Increment`.
    pub method: Name,
    /// The protocol of the calls, such as `grpc-web`.
    pub protocol: Name,
}

/// Who counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// The service that holds this ledger.
    Here,
    /// Another one, by the name under which it reports.
    Other(Name),
}

/// What another service has counted since it began: running totals, not differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who counted: a name of its own for each run of a service that starts from zero.
    pub origin: Name,
    /// Its total of each row, in calls.
    pub rows: Vec<(Row, u64)>,
}

/// Why a report is not taken, and nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// See [`ORIGINS`].
    #[error("there are {ORIGINS} origins already, and no more are taken")]
    Origins,
    /// See [`ROWS_PER_ORIGIN`].
    #[error(
        "an origin may have {ROWS_PER_ORIGIN} rows of service, method and protocol, and this one has more"
    )]
    RowsPerOrigin,
    /// See [`ROWS`].
    #[error("all origins together may have {ROWS} rows, and have them already")]
    Rows,
    /// See [`TOLD_ROWS`].
    #[error(
        "there are {TOLD_ROWS} different rows of service, method and protocol already, and no more are taken"
    )]
    ToldRows,
    /// The sum of all would not fit into 64 bits.
    #[error("the sum of all counts does not fit in 64 bits with these")]
    Overflow,
}

/// A row of one origin that has grown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) origin: Origin,
    pub(crate) row: Row,
    /// The origin's running total.
    pub(crate) total: u64,
    /// By how much it grew.
    pub(crate) growth: u64,
}

/// Running totals of every origin, and their sums. They only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    origins: BTreeMap<Origin, BTreeMap<Row, u64>>,
    /// How many rows all origins have together.
    rows: usize,
    sums: Sums,
}

/// The totals of all origins together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) total: u64,
    pub(crate) rows: BTreeMap<Row, u64>,
}

impl Sums {
    /// Takes in what has grown.
    pub(crate) fn grow(&mut self, row: &Row, growth: u64) {
        // A sum of u64s that was checked when it was taken; a count of single calls never gets there.
        self.total = self.total.saturating_add(growth);
        match self.rows.get_mut(row) {
            Some(sum) => *sum = sum.saturating_add(growth),
            None => drop(self.rows.insert(row.clone(), growth)),
        }
    }
}

impl Totals {
    pub(crate) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Counts calls that came here.
    pub(crate) fn count(&mut self, row: &Row, calls: u64) -> Change {
        let known = self.origins.get(&Origin::Here).and_then(|rows| rows.get(row)).copied().unwrap_or(0);
        let total = known.saturating_add(calls);
        let change = Change { origin: Origin::Here, row: row.clone(), total, growth: total - known };
        self.set(&change);
        change
    }

    /// Takes the running totals of another service: of each row the larger one, so that a report that is repeated,
    /// late or out of order changes nothing. What has grown is returned.
    pub(crate) fn merge(&mut self, report: &Report) -> Result<Vec<Change>, Refusal> {
        let origin = Origin::Other(report.origin.clone());
        let grown = self.grown(&origin, report);
        self.check(&origin, &grown)?;
        let change = |(row, (total, known)): (&Row, (u64, u64))| Change {
            origin: origin.clone(),
            row: row.clone(),
            total,
            growth: total - known,
        };
        let changes: Vec<_> = grown.into_iter().map(change).collect();
        changes.iter().for_each(|change| self.set(change));
        Ok(changes)
    }

    /// Takes a row as it was kept, or a change that was made elsewhere. False when the sum does not fit in 64 bits.
    pub(crate) fn load(&mut self, origin: Origin, row: Row, total: u64) -> bool {
        let known = self.origins.get(&origin).and_then(|rows| rows.get(&row)).copied().unwrap_or(0);
        let growth = total.saturating_sub(known);
        if self.sums.total.checked_add(growth).is_none() {
            return false;
        }
        self.set(&Change { origin, row, total: known + growth, growth });
        true
    }

    /// The rows whose total is larger than the known one, with both.
    fn grown<'r>(&self, origin: &Origin, report: &'r Report) -> BTreeMap<&'r Row, (u64, u64)> {
        let known = self.origins.get(origin);
        let mut grown: BTreeMap<&Row, (u64, u64)> = BTreeMap::new();
        for (row, total) in &report.rows {
            let known = known.and_then(|rows| rows.get(row)).copied().unwrap_or(0);
            let largest = grown.get(row).map_or(known, |(largest, _)| *largest);
            if *total > largest {
                grown.insert(row, (*total, known));
            }
        }
        grown
    }

    fn check(&self, origin: &Origin, grown: &BTreeMap<&Row, (u64, u64)>) -> Result<(), Refusal> {
        let known = self.origins.get(origin);
        let others = self.origins.len() - usize::from(self.origins.contains_key(&Origin::Here));
        if known.is_none() && !grown.is_empty() && others >= ORIGINS {
            return Err(Refusal::Origins);
        }
        let is_known = |row: &Row| known.is_some_and(|rows| rows.contains_key(row));
        let new = grown.keys().filter(|row| !is_known(row)).count();
        if new > 0 && known.map_or(0, BTreeMap::len) + new > ROWS_PER_ORIGIN {
            return Err(Refusal::RowsPerOrigin);
        }
        if new > 0 && self.rows + new > ROWS {
            return Err(Refusal::Rows);
        }
        let newly_told = grown.keys().filter(|row| !self.sums.rows.contains_key(row)).count();
        if newly_told > 0 && self.sums.rows.len() + newly_told > TOLD_ROWS {
            return Err(Refusal::ToldRows);
        }
        let mut growths = grown.values().map(|(total, known)| total - known);
        growths.try_fold(self.sums.total, u64::checked_add).ok_or(Refusal::Overflow)?;
        Ok(())
    }

    fn set(&mut self, change: &Change) {
        let rows = match self.origins.get_mut(&change.origin) {
            Some(rows) => rows,
            None => self.origins.entry(change.origin.clone()).or_default(),
        };
        match rows.entry(change.row.clone()) {
            Entry::Occupied(mut total) => drop(total.insert(change.total)),
            Entry::Vacant(place) => {
                place.insert(change.total);
                self.rows += 1;
            }
        }
        self.sums.grow(&change.row, change.growth);
    }
}
