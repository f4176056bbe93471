//! The totals and how they grow: the ledger's domain. Pure; must not know the disk, the protocols or the time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use crate::{
    name::Name,
    origins::{FoldedNames, Origins, Reported},
    report::{MAX_COUNT, MAX_REPORTED, ROWS_PER_ORIGIN, Refusal, Report, TableLimits},
};

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

/// Where what is reported is counted when its row has no place; see [`crate::TOLD_ROWS`].
static OTHER: LazyLock<Row> = LazyLock::new(|| {
    let other = Name::parse("other").expect("it is short and visible");
    Row { service: other.clone(), method: other.clone(), protocol: other }
});

/// Who counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// The service that holds this ledger.
    Here,
    /// All origins that were folded.
    Folded,
    /// Another one, by the name under which it reports.
    Other(Name),
}

/// A change of the totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Growth(Growth),
    Fold(Fold),
}

/// A row of one origin has grown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    pub(crate) origin: Origin,
    pub(crate) row: Row,
    /// The origin's running total.
    pub(crate) total: u64,
    /// By how much it grew.
    pub(crate) growth: u64,
    /// See [`Reported::is_named`].
    pub(crate) is_named: bool,
}

/// An origin was folded. What is told stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub(crate) origin: Name,
    /// The place of its name among those that are remembered.
    pub(crate) order: u64,
    /// The name that is not remembered any more.
    pub(crate) forgotten: Option<Name>,
    /// The new totals of all folded origins, in the rows that it had.
    pub(crate) sums: Vec<(Row, u64)>,
}

/// Running totals of every origin, and their sums. The sums only grow.
#[derive(Debug)]
pub(crate) struct Totals {
    limits: TableLimits,
    here: BTreeMap<Row, u64>,
    origins: Origins,
    /// Those of all folded origins.
    folded: BTreeMap<Row, u64>,
    folded_names: FoldedNames,
    /// The sum of all but `here`.
    reported: u64,
    sums: Sums,
}

/// The totals of all origins together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) total: u64,
    pub(crate) rows: BTreeMap<Row, u64>,
    /// How many origins have totals of their own.
    pub(crate) origins: usize,
}

impl Sums {
    /// Takes in what has grown.
    pub(crate) fn grow(&mut self, Growth { row, growth, is_named, .. }: &Growth) {
        let row = if *is_named { row } else { &OTHER };
        // The total was checked, and no row has more than that.
        self.total += growth;
        match self.rows.get_mut(row) {
            Some(sum) => *sum += growth,
            None => drop(self.rows.insert(row.clone(), *growth)),
        }
    }
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

    /// Counts calls that came here.
    pub(crate) fn count(&mut self, row: &Row, calls: u64) -> Change {
        // Single calls never get there; but what is written is to be read again, whatever comes.
        let growth = calls.min(u64::MAX - self.sums.total);
        let total = self.here.get(row).map_or(growth, |known| known + growth);
        let change = Growth { origin: Origin::Here, row: row.clone(), total, growth, is_named: true };
        self.set(&change);
        Change::Growth(change)
    }

    /// Takes the running totals of another service: of each row the larger one, so that a report that is repeated,
    /// late or out of order changes nothing. Origins are folded where there is no room. What has changed is returned.
    pub(crate) fn merge(&mut self, report: &Report) -> Result<Vec<Change>, Refusal> {
        let grown = self.grown(report);
        self.check(&report.origin, &grown)?;
        let mut changes = Vec::new();
        while let Some(old) = self.without_room(&report.origin, &grown) {
            changes.extend(self.fold(&old).map(Change::Fold));
        }
        for (row, (total, known)) in grown {
            let named = self.origins.rows_of(&report.origin).and_then(|rows| rows.get(row));
            let is_named = named.map_or_else(|| self.has_place(row), |known| known.is_named);
            let origin = Origin::Other(report.origin.clone());
            let change = Growth { origin, row: row.clone(), total, growth: total - known, is_named };
            self.set(&change);
            changes.push(Change::Growth(change));
        }
        Ok(changes)
    }

    /// Takes a total as it was kept, or a growth that was made elsewhere. False where it cannot be.
    pub(crate) fn load(&mut self, origin: Origin, row: Row, reported: Reported) -> Option<Growth> {
        let Reported { total, is_named } = reported;
        let known = match &origin {
            Origin::Here => self.here.get(&row).copied(),
            Origin::Folded => self.folded.get(&row).copied(),
            Origin::Other(name) => self.total_of(name, &row),
        };
        let growth = total.checked_sub(known.unwrap_or(0))?;
        self.sums.total.checked_add(growth)?;
        let change = Growth { origin, row, total, growth, is_named };
        self.set(&change);
        Some(change)
    }

    /// Takes when an origin grew last, as it was kept. False where there is no such origin.
    pub(crate) fn load_age(&mut self, name: &Name, age: u64) -> bool {
        let is_known = self.origins.rows_of(name).is_some();
        if is_known {
            self.origins.set_age(name, age);
        }
        is_known
    }

    /// Takes the name of a folded origin, as it was kept.
    pub(crate) fn load_folded(&mut self, name: Name, order: u64) {
        self.folded_names.load(name, order);
    }

    /// Adds the totals of an origin to those of all folded ones. None where there is no such origin.
    pub(crate) fn fold(&mut self, origin: &Name) -> Option<Fold> {
        let rows = self.origins.remove(origin)?;
        let mut grown = BTreeSet::new();
        for (row, Reported { total, is_named }) in rows {
            let row = if is_named { row } else { OTHER.clone() };
            *self.folded.entry(row.clone()).or_default() += total;
            grown.insert(row);
        }
        let sums = grown.into_iter().map(|row| (row.clone(), self.folded[&row])).collect();
        let (order, forgotten) = self.folded_names.add(origin, self.limits.folded_names);
        self.sums.origins = self.origins.len();
        Some(Fold { origin: origin.clone(), order, forgotten, sums })
    }

    /// The rows whose total is larger than the known one, with both.
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

    fn check(&self, origin: &Name, grown: &BTreeMap<&Row, (u64, u64)>) -> Result<(), Refusal> {
        if grown.is_empty() {
            return Ok(());
        }
        if self.folded_names.contains(origin) {
            return Err(Refusal::Folded);
        }
        if grown.values().any(|(total, _)| *total > MAX_COUNT) {
            return Err(Refusal::Count);
        }
        let new = self.new_rows(origin, grown);
        if new > 0 && self.origins.rows_of(origin).map_or(0, BTreeMap::len) + new > ROWS_PER_ORIGIN {
            return Err(Refusal::RowsPerOrigin);
        }
        let mut growths = grown.values().map(|(total, known)| total - known);
        let reported = growths.try_fold(self.reported, u64::checked_add);
        // The second for a ledger that has counted more here than there ever will be calls.
        let fits = |reported: u64| {
            reported <= MAX_REPORTED && self.sums.total.checked_add(reported - self.reported).is_some()
        };
        if reported.is_some_and(fits) { Ok(()) } else { Err(Refusal::Reported) }
    }

    /// The origin to fold next, where there is no room for these rows of `origin`.
    fn without_room(&self, origin: &Name, grown: &BTreeMap<&Row, (u64, u64)>) -> Option<Name> {
        let is_new = self.origins.rows_of(origin).is_none() && !grown.is_empty();
        let origins = self.origins.len() + usize::from(is_new);
        let rows = self.origins.row_count() + self.new_rows(origin, grown);
        let has_room = origins <= self.limits.origins && rows <= self.limits.rows;
        if has_room { None } else { self.origins.oldest_but(origin) }
    }

    fn new_rows(&self, origin: &Name, grown: &BTreeMap<&Row, (u64, u64)>) -> usize {
        grown.keys().filter(|row| self.total_of(origin, row).is_none()).count()
    }

    fn total_of(&self, origin: &Name, row: &Row) -> Option<u64> {
        Some(self.origins.rows_of(origin)?.get(row)?.total)
    }

    /// Whether what is reported of a row is told under its name.
    fn has_place(&self, row: &Row) -> bool {
        self.sums.rows.contains_key(row) || self.sums.rows.len() < self.limits.told_rows
    }

    fn set(&mut self, change: &Growth) {
        let Growth { origin, row, total, growth, is_named } = change;
        match origin {
            Origin::Here => drop(self.here.insert(row.clone(), *total)),
            Origin::Folded => drop(self.folded.insert(row.clone(), *total)),
            Origin::Other(name) => {
                self.origins.set(name, row, Reported { total: *total, is_named: *is_named });
                self.sums.origins = self.origins.len();
            }
        }
        if *origin != Origin::Here {
            self.reported = self.reported.saturating_add(*growth);
        }
        self.sums.grow(change);
    }
}
