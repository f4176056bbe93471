//! What another service reports, and the limits of what reports may add. Pure.

use crate::{name::Name, totals::Row};

/// The most origins that have totals of their own. When there are more, those that have not grown for the longest time
/// are folded: their totals become a part of one sum per row, and their names are remembered for a while
/// ([`FOLDED_NAMES`]).
pub const ORIGINS: usize = 10_000;
/// The most rows of one origin.
pub const ROWS_PER_ORIGIN: usize = 256;
/// The most rows of all origins together. When there are more, origins are folded as for [`ORIGINS`].
pub const ROWS: usize = 100_000;
/// The most rows of different names that reports may bring into the ledger's counts; what is reported of any further
/// row is counted in the row `other`. As many as fit into the 4 MiB that gRPC clients take in one message.
pub const TOLD_ROWS: usize = 10_000;
/// How many names of folded origins are remembered, the newest ones. A report of an origin among them is refused. One
/// of an origin that was folded before those is taken for a new one's: what it had is counted again.
pub const FOLDED_NAMES: usize = 100_000;
/// The most calls that an origin may report of one row: whole numbers up to here are exact in every language.
pub const MAX_COUNT: u64 = 1 << 53;
/// The most calls that all origins together may report, folded ones included. As much again is left for the calls that
/// are counted here: the sum of all fits in 64 bits.
pub const MAX_REPORTED: u64 = 1 << 63;

/// How large the table of reported accesses may become, for a ledger with other limits than the usual ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableLimits {
    /// See [`ORIGINS`]; at least 1.
    pub origins: usize,
    /// See [`ROWS`]; at least [`ROWS_PER_ORIGIN`].
    pub rows: usize,
    /// See [`TOLD_ROWS`].
    pub told_rows: usize,
    /// See [`FOLDED_NAMES`].
    pub folded_names: usize,
}

impl Default for TableLimits {
    fn default() -> Self {
        Self { origins: ORIGINS, rows: ROWS, told_rows: TOLD_ROWS, folded_names: FOLDED_NAMES }
    }
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
    /// See [`MAX_COUNT`].
    #[error("a row may have a count of up to {MAX_COUNT}, and one has more")]
    Count,
    /// See [`ROWS_PER_ORIGIN`].
    #[error(
        "an origin may have {ROWS_PER_ORIGIN} rows of service, method and protocol, and this one has more"
    )]
    RowsPerOrigin,
    /// See [`MAX_REPORTED`].
    #[error("all origins together may report {MAX_REPORTED} calls, and with these there are more")]
    Reported,
    /// See [`FOLDED_NAMES`].
    #[error(
        "this origin did not grow for so long that its totals were added to those of other old ones: take a new name for it, and count from zero"
    )]
    Folded,
}
