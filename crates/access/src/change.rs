//! Changes of the totals, as they are computed in memory and then committed.

use crate::{name::Name, row::Row};

/// Where calls were counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// The service that owns this ledger.
    Here,
    /// All folded origins together.
    Folded,
    /// Another service, by the name under which it reports.
    Other(Name),
}

/// An origin's total of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Total {
    /// In calls.
    pub(crate) calls: u64,
    /// Whether it is listed under the row's name; otherwise in the row `other`.
    pub(crate) is_listed: bool,
}

/// A change of the totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Growth(Growth),
    Fold(Fold),
    /// An origin grew; its age is the larger, the later that was.
    Age(Name, u64),
}

/// The growth of one row of one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    pub(crate) origin: Origin,
    pub(crate) row: Row,
    /// The origin's new running total.
    pub(crate) total: Total,
    /// The difference to its previous total, in calls.
    pub(crate) growth: u64,
}

/// The fold of one origin. The sums over all origins stay the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub(crate) origin: Name,
    /// The position of its name among the remembered ones.
    pub(crate) order: u64,
    /// The name that is no longer remembered.
    pub(crate) forgotten: Option<Name>,
    /// The new totals of all folded origins, in the rows of this one.
    pub(crate) sums: Vec<(Row, u64)>,
}
