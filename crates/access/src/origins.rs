//! The origins that report, each with its totals and its age, and the names of those that were folded. Pure.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use crate::{name::Name, totals::Row};

/// An origin's total of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    /// In calls.
    pub(crate) total: u64,
    /// Whether it is told under the row's name; else it is told in the row `other`.
    pub(crate) is_named: bool,
}

pub(crate) type Rows = BTreeMap<Row, Reported>;

/// The origins by name and by age.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    by_name: BTreeMap<Name, Origin>,
    /// The one that has not grown for the longest time first.
    by_age: BTreeSet<(u64, Name)>,
    /// How many rows they have together.
    rows: usize,
    /// Larger than the age of each.
    clock: u64,
}

#[derive(Debug)]
struct Origin {
    /// When it grew last: the larger, the later.
    age: u64,
    rows: Rows,
}

impl Origins {
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// How many rows they have together.
    pub(crate) fn row_count(&self) -> usize {
        self.rows
    }

    /// The rows of one; none where it is not known.
    pub(crate) fn rows_of(&self, name: &Name) -> Option<&Rows> {
        self.by_name.get(name).map(|origin| &origin.rows)
    }

    /// Sets a total, and makes the origin the youngest.
    pub(crate) fn set(&mut self, name: &Name, row: &Row, reported: Reported) {
        self.set_age(name, self.clock);
        let Some(origin) = self.by_name.get_mut(name) else { return };
        match origin.rows.entry(row.clone()) {
            Entry::Occupied(mut known) => drop(known.insert(reported)),
            Entry::Vacant(place) => {
                place.insert(reported);
                self.rows += 1;
            }
        }
    }

    /// Sets when an origin grew last.
    pub(crate) fn set_age(&mut self, name: &Name, age: u64) {
        let new = || Origin { age, rows: Rows::new() };
        let origin = self.by_name.entry(name.clone()).or_insert_with(new);
        self.by_age.remove(&(origin.age, name.clone()));
        origin.age = age;
        self.by_age.insert((age, name.clone()));
        self.clock = self.clock.max(age.saturating_add(1));
    }

    /// The one that has not grown for the longest time, but for `name`.
    pub(crate) fn oldest_but(&self, name: &Name) -> Option<Name> {
        self.by_age.iter().map(|(_, old)| old).find(|old| *old != name).cloned()
    }

    /// Takes an origin out.
    pub(crate) fn remove(&mut self, name: &Name) -> Option<Rows> {
        let origin = self.by_name.remove(name)?;
        self.by_age.remove(&(origin.age, name.clone()));
        self.rows -= origin.rows.len();
        Some(origin.rows)
    }
}

/// The names of the origins that were folded last.
#[derive(Debug, Default)]
pub(crate) struct FoldedNames {
    by_name: BTreeMap<Name, u64>,
    by_order: BTreeMap<u64, Name>,
}

impl FoldedNames {
    pub(crate) fn contains(&self, name: &Name) -> bool {
        self.by_name.contains_key(name)
    }

    /// Remembers a name as the newest, and forgets the oldest where there are more than `most`. Returns the place in the
    /// order, and which was forgotten.
    pub(crate) fn add(&mut self, name: &Name, most: usize) -> (u64, Option<Name>) {
        let order = self.by_order.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        self.load(name.clone(), order);
        let forgotten = (self.by_order.len() > most).then(|| self.by_order.pop_first()).flatten();
        if let Some((_, forgotten)) = &forgotten {
            self.by_name.remove(forgotten);
        }
        (order, forgotten.map(|(_, name)| name))
    }

    /// Remembers a name at its place in the order.
    pub(crate) fn load(&mut self, name: Name, order: u64) {
        self.by_order.insert(order, name.clone());
        self.by_name.insert(name, order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn the_oldest_is_the_one_that_has_not_grown_for_longest() {
        let mut origins = Origins::default();
        let row = Row { service: name("s"), method: name("m"), protocol: name("p") };
        for origin in ["a", "b", "c", "a"] {
            origins.set(&name(origin), &row, Reported { total: 1, is_named: true });
        }
        assert_eq!(origins.oldest_but(&name("new")), Some(name("b")));
        assert_eq!(origins.oldest_but(&name("b")), Some(name("c")));
        assert_eq!((origins.len(), origins.row_count()), (3, 3));
        assert!(origins.remove(&name("b")).is_some());
        assert_eq!(origins.oldest_but(&name("new")), Some(name("c")));
        assert_eq!((origins.len(), origins.row_count()), (2, 2));
    }

    #[test]
    fn of_too_many_folded_names_the_oldest_is_forgotten() {
        let mut folded = FoldedNames::default();
        assert_eq!(folded.add(&name("a"), 2), (0, None));
        assert_eq!(folded.add(&name("b"), 2), (1, None));
        assert_eq!(folded.add(&name("c"), 2), (2, Some(name("a"))));
        assert!(!folded.contains(&name("a")) && folded.contains(&name("b")) && folded.contains(&name("c")));
    }
}
