//! A report of another service, and why one is rejected.

use crate::{
    name::Name,
    row::Row,
    table_limits::{MAX_COUNT, MAX_REPORTED, ROWS_PER_ORIGIN},
};

/// The running totals of another service since it started; never differences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The service that counted: a separate name for each run that starts from zero.
    pub origin: Name,
    /// Its total of each row, in calls.
    pub rows: Vec<(Row, u64)>,
}

/// Why a report is rejected. Nothing of it is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportRejected {
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
    /// See [`crate::FOLDED_NAMES`].
    #[error(
        "this origin did not grow for so long that its totals were added to those of other old ones: take a new name for it, and count from zero"
    )]
    Folded,
}
