//! The origins that report, each with its totals and its age, and the names of the folded ones.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use crate::{change::Total, name::Name, row::Row};

pub(crate) type Rows = BTreeMap<Row, Total>;

/// The origins by name and by age.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    by_name: BTreeMap<Name, Origin>,
    /// The origin that has not grown for the longest time comes first.
    by_age: BTreeSet<(u64, Name)>,
    /// The number of rows of all origins together.
    rows: usize,
    /// Larger than every age.
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

    /// The number of rows of all origins together.
    pub(crate) fn row_count(&self) -> usize {
        self.rows
    }

    /// Returns the rows of an origin, unless it is unknown.
    pub(crate) fn rows_of(&self, name: &Name) -> Option<&Rows> {
        self.by_name.get(name).map(|origin| &origin.rows)
    }

    /// Sets a total.
    pub(crate) fn set(&mut self, name: &Name, row: &Row, total: Total) {
        if !self.by_name.contains_key(name) {
            self.touch(name);
        }
        let Some(origin) = self.by_name.get_mut(name) else { return };
        match origin.rows.entry(row.clone()) {
            Entry::Occupied(mut known) => drop(known.insert(total)),
            Entry::Vacant(vacant) => {
                vacant.insert(total);
                self.rows += 1;
            }
        }
    }

    /// Makes an origin the youngest. Returns its age.
    pub(crate) fn touch(&mut self, name: &Name) -> u64 {
        let age = self.clock;
        self.set_age(name, age);
        age
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

    /// Returns the origin other than `name` that has not grown for the longest time.
    pub(crate) fn oldest_except(&self, name: &Name) -> Option<Name> {
        self.by_age.iter().map(|(_, old)| old).find(|old| *old != name).cloned()
    }

    /// Removes an origin and returns its rows.
    pub(crate) fn remove(&mut self, name: &Name) -> Option<Rows> {
        let origin = self.by_name.remove(name)?;
        self.by_age.remove(&(origin.age, name.clone()));
        self.rows -= origin.rows.len();
        Some(origin.rows)
    }
}

/// The names of the origins that were folded most recently.
#[derive(Debug, Default)]
pub(crate) struct FoldedNames {
    by_name: BTreeMap<Name, u64>,
    by_order: BTreeMap<u64, Name>,
}

impl FoldedNames {
    pub(crate) fn contains(&self, name: &Name) -> bool {
        self.by_name.contains_key(name)
    }

    /// Adds a name as the newest, and removes the oldest beyond `capacity`. Returns the position of the new name, and the
    /// removed one.
    pub(crate) fn add(&mut self, name: &Name, capacity: usize) -> (u64, Option<Name>) {
        let order = self.by_order.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        self.load(name.clone(), order);
        let forgotten = (self.by_order.len() > capacity).then(|| self.by_order.pop_first()).flatten();
        if let Some((_, forgotten)) = &forgotten {
            self.by_name.remove(forgotten);
        }
        (order, forgotten.map(|(_, name)| name))
    }

    /// Adds a name at a known position.
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
            origins.set(&name(origin), &row, Total { calls: 1, is_listed: true });
            origins.touch(&name(origin));
        }
        assert_eq!(origins.oldest_except(&name("new")), Some(name("b")));
        assert_eq!(origins.oldest_except(&name("b")), Some(name("c")));
        assert_eq!((origins.len(), origins.row_count()), (3, 3));
        assert!(origins.remove(&name("b")).is_some());
        assert_eq!(origins.oldest_except(&name("new")), Some(name("c")));
        assert_eq!((origins.len(), origins.row_count()), (2, 2));
    }

    #[test]
    fn the_oldest_folded_name_is_removed_beyond_the_capacity() {
        let mut folded = FoldedNames::default();
        assert_eq!(folded.add(&name("a"), 2), (0, None));
        assert_eq!(folded.add(&name("b"), 2), (1, None));
        assert_eq!(folded.add(&name("c"), 2), (2, Some(name("a"))));
        assert!(!folded.contains(&name("a")) && folded.contains(&name("b")) && folded.contains(&name("c")));
    }
}
