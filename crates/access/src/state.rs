//! The state of a ledger.

/// Whether the ledger can commit accesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It can.
    Open,
    /// The disk is full; the ledger retries by itself.
    Full,
    /// The disk failed, for this reason, or the ledger was closed before all accesses with a response could be committed.
    /// Nothing is committed any more, and calls that are to be counted are rejected: the program should exit with an
    /// error. Whether accesses without a response are on disk is known when the ledger is opened again.
    Failed(String),
    /// It was closed.
    Closed,
}
