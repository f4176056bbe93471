//! The totals of every origin and how they grow: the ledger's domain. Independent of storage, protocols and time.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    change::{Change, Fold, Growth, Origin, Total},
    name::Name,
    origins::{FoldedNames, Origins},
    report::{Report, ReportRejected},
    row::{OTHER, Row},
    sums::Sums,
    table_limits::{MAX_COUNT, MAX_REPORTED, ROWS_PER_ORIGIN, TableLimits},
};

/// Running totals of every origin, and their sums. The sums only grow.
#[derive(Debug)]
pub(crate) struct Totals {
    limits: TableLimits,
    here: BTreeMap<Row, u64>,
    origins: Origins,
    /// The totals of all folded origins together.
    folded: BTreeMap<Row, u64>,
    folded_names: FoldedNames,
    /// The sum of all but `here`.
    reported: u64,
    sums: Sums,
}

impl Totals {
    pub(crate) fn new(limits: TableLimits) -> Self {
        Self {
            limits,
            here: BTreeMap::new(),
            origins: Origins::default(),
            folded: BTreeMap::new(),
            folded_names: FoldedNames::default(),
            reported: 0,
            sums: Sums::default(),
        }
    }

    pub(crate) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Adds calls that this ledger's own service received.
    pub(crate) fn count(&mut self, row: &Row, calls: u64) -> Change {
        // Single calls never reach the limit; but whatever is committed must be readable again.
        let growth = calls.min(u64::MAX - self.sums.total);
        let total = self.here.get(row).map_or(growth, |known| known + growth);
        let total = Total { calls: total, is_listed: true };
        let change = Growth { origin: Origin::Here, row: row.clone(), total, growth };
        self.set(&change);
        Change::Growth(change)
    }

    /// Returns a change that commits a known row again, without growth: as large as that of a call. None while no call was
    /// counted.
    pub(crate) fn unchanged(&self) -> Option<Change> {
        let (row, calls) = self.here.first_key_value()?;
        let (origin, total) = (Origin::Here, Total { calls: *calls, is_listed: true });
        Some(Change::Growth(Growth { origin, row: row.clone(), total, growth: 0 }))
    }

    /// Merges the running totals of another service: of each row the larger total, so that a report that is repeated,
    /// late or out of order changes nothing. Folds origins where there is no room. Returns the changes.
    pub(crate) fn merge(&mut self, report: &Report) -> Result<Vec<Change>, ReportRejected> {
        let grown = self.grown(report);
        self.check(&report.origin, &grown)?;
        let mut changes = Vec::new();
        if grown.is_empty() {
            return Ok(changes);
        }
        while let Some(oldest) = self.origin_to_fold(&report.origin, &grown) {
            changes.extend(self.fold(&oldest).map(Change::Fold));
        }
        for (row, (calls, known)) in grown {
            let listed = self.origins.rows_of(&report.origin).and_then(|rows| rows.get(row));
            let is_listed = listed.map_or_else(|| self.has_room_to_list(row), |known| known.is_listed);
            let (origin, total) = (Origin::Other(report.origin.clone()), Total { calls, is_listed });
            let change = Growth { origin, row: row.clone(), total, growth: calls - known };
            self.set(&change);
            changes.push(Change::Growth(change));
        }
        changes.push(Change::Age(report.origin.clone(), self.origins.touch(&report.origin)));
        Ok(changes)
    }

    /// Adds a committed total. Returns false where it cannot be.
    pub(crate) fn load(&mut self, origin: Origin, row: Row, total: Total) -> bool {
        let growth = total.calls;
        if self.sums.total.checked_add(growth).is_none() {
            return false;
        }
        self.set(&Growth { origin, row, total, growth });
        true
    }

    /// Adds the committed age of an origin. Returns false where the origin is unknown.
    pub(crate) fn load_age(&mut self, name: &Name, age: u64) -> bool {
        let is_known = self.origins.rows_of(name).is_some();
        if is_known {
            self.origins.set_age(name, age);
        }
        is_known
    }

    /// Adds the committed name of a folded origin.
    pub(crate) fn load_folded(&mut self, name: Name, order: u64) {
        self.folded_names.load(name, order);
    }

    /// Adds the totals of an origin to those of all folded ones. Returns none where the origin is unknown.
    fn fold(&mut self, origin: &Name) -> Option<Fold> {
        let rows = self.origins.remove(origin)?;
        let mut grown = BTreeSet::new();
        for (row, Total { calls, is_listed }) in rows {
            let row = if is_listed { row } else { OTHER.clone() };
            *self.folded.entry(row.clone()).or_default() += calls;
            grown.insert(row);
        }
        let sums = grown.into_iter().map(|row| (row.clone(), self.folded[&row])).collect();
        let (order, forgotten) = self.folded_names.add(origin, self.limits.folded_names);
        self.sums.origins = self.origins.len();
        Some(Fold { origin: origin.clone(), order, forgotten, sums })
    }

    /// Returns the rows whose total is larger than the known one, with both totals.
    fn grown<'r>(&self, report: &'r Report) -> BTreeMap<&'r Row, (u64, u64)> {
        let mut grown: BTreeMap<&Row, (u64, u64)> = BTreeMap::new();
        for (row, total) in &report.rows {
            let known = self.total_of(&report.origin, row).unwrap_or(0);
            let largest = grown.get(row).map_or(known, |(largest, _)| *largest);
            if *total > largest {
                grown.insert(row, (*total, known));
            }
        }
        grown
    }

    fn check(&self, origin: &Name, grown: &BTreeMap<&Row, (u64, u64)>) -> Result<(), ReportRejected> {
        if grown.is_empty() {
            return Ok(());
        }
        if self.folded_names.contains(origin) {
            return Err(ReportRejected::Folded);
        }
        if grown.values().any(|(total, _)| *total > MAX_COUNT) {
            return Err(ReportRejected::Count);
        }
        let new = self.new_rows(origin, grown);
        if new > 0 && self.origins.rows_of(origin).map_or(0, BTreeMap::len) + new > ROWS_PER_ORIGIN {
            return Err(ReportRejected::RowsPerOrigin);
        }
        let mut growths = grown.values().map(|(total, known)| total - known);
        let reported = growths.try_fold(self.reported, u64::checked_add);
        // The second check is for a ledger whose own service has received more calls than there will ever be.
        let fits = |reported: u64| {
            reported <= MAX_REPORTED && self.sums.total.checked_add(reported - self.reported).is_some()
        };
        if reported.is_some_and(fits) { Ok(()) } else { Err(ReportRejected::Reported) }
    }

    /// Returns the origin to fold next, unless there is room for these rows of `origin`.
    fn origin_to_fold(&self, origin: &Name, grown: &BTreeMap<&Row, (u64, u64)>) -> Option<Name> {
        let is_new = self.origins.rows_of(origin).is_none();
        let origins = self.origins.len() + usize::from(is_new);
        let rows = self.origins.row_count() + self.new_rows(origin, grown);
        let has_room = origins <= self.limits.origins && rows <= self.limits.rows;
        if has_room { None } else { self.origins.oldest_except(origin) }
    }

    fn new_rows(&self, origin: &Name, grown: &BTreeMap<&Row, (u64, u64)>) -> usize {
        grown.keys().filter(|row| self.total_of(origin, row).is_none()).count()
    }

    fn total_of(&self, origin: &Name, row: &Row) -> Option<u64> {
        Some(self.origins.rows_of(origin)?.get(row)?.calls)
    }

    /// Whether reported calls of a row may be listed under its name.
    fn has_room_to_list(&self, row: &Row) -> bool {
        self.sums.rows.contains_key(row) || self.sums.rows.len() < self.limits.listed_rows
    }

    fn set(&mut self, change: &Growth) {
        let Growth { origin, row, total, growth } = change;
        match origin {
            Origin::Here => drop(self.here.insert(row.clone(), total.calls)),
            Origin::Folded => drop(self.folded.insert(row.clone(), total.calls)),
            Origin::Other(name) => {
                self.origins.set(name, row, *total);
                self.sums.origins = self.origins.len();
            }
        }
        if *origin != Origin::Here {
            self.reported = self.reported.saturating_add(*growth);
        }
        self.sums.add(change);
    }
}
