//! The row of a count: one method of a service over one protocol.

use std::sync::LazyLock;

use crate::name::Name;

/// What is counted separately: one method over one protocol. A clone is cheap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// The service's full name, such as `increment.v1.IncrementService`.
    pub service: Name,
    /// The method's name, such as `Increment`.
    pub method: Name,
    /// The protocol of the calls, such as `grpc-web`.
    pub protocol: Name,
}

/// The row of reported accesses whose own row is beyond [`crate::LISTED_ROWS`].
pub(crate) static OTHER: LazyLock<Row> = LazyLock::new(|| {
    let other = Name::parse("other").expect("it is short and visible");
    Row { service: other.clone(), method: other.clone(), protocol: other }
});
