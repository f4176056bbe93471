//! The limits of what reports may add to the ledger.

/// The largest number of origins with totals of their own. Beyond it, the origins that have not grown for the longest
/// time are folded: their totals are added to one sum per row, and their names are remembered ([`FOLDED_NAMES`]).
pub const ORIGINS: usize = 10_000;
/// The largest number of rows of one origin.
pub const ROWS_PER_ORIGIN: usize = 256;
/// The largest number of rows of all origins together. Beyond it, origins are folded as for [`ORIGINS`].
pub const ROWS: usize = 100_000;
/// The largest number of different rows that reports may add to the ledger's counts; further rows are counted in the row
/// `other`. This many fit into the 4 MiB that gRPC clients accept in one message.
pub const LISTED_ROWS: usize = 10_000;
/// How many names of folded origins are remembered, the newest ones. A report of a remembered origin is rejected. A
/// report of an origin that was folded earlier counts as one of a new origin: its calls are counted again.
pub const FOLDED_NAMES: usize = 100_000;
/// The largest number of calls that an origin may report of one row: integers up to here are exact in every language.
pub const MAX_COUNT: u64 = 1 << 53;
/// The largest number of calls that all origins together may report, folded ones included. The other half of 64 bits is
/// reserved for the calls that this ledger's own service receives.
pub const MAX_REPORTED: u64 = 1 << 63;

/// The size of the table of reported accesses, for a ledger with other limits than the default ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableLimits {
    /// See [`ORIGINS`]; at least 1.
    pub origins: usize,
    /// See [`ROWS`]; at least [`ROWS_PER_ORIGIN`].
    pub rows: usize,
    /// See [`LISTED_ROWS`].
    pub listed_rows: usize,
    /// See [`FOLDED_NAMES`].
    pub folded_names: usize,
}

impl Default for TableLimits {
    fn default() -> Self {
        Self { origins: ORIGINS, rows: ROWS, listed_rows: LISTED_ROWS, folded_names: FOLDED_NAMES }
    }
}
