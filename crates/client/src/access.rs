//! Access counts per service, method and protocol.

use increment_proto::v1::{AccessRow, ListAccessCountsResponse, WatchAccessCountsResponse};

/// The access counts of all services at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessCounts {
    /// The sum of all rows.
    pub total: u64,
    /// One row per service, method and protocol, sorted by these.
    pub rows: Vec<AccessRow>,
}

impl From<ListAccessCountsResponse> for AccessCounts {
    fn from(ListAccessCountsResponse { total, rows, .. }: ListAccessCountsResponse) -> Self {
        Self { total, rows }
    }
}

impl From<WatchAccessCountsResponse> for AccessCounts {
    fn from(WatchAccessCountsResponse { total, rows, .. }: WatchAccessCountsResponse) -> Self {
        Self { total, rows }
    }
}
