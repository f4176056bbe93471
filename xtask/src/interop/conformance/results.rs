//! The results of Connect's conformance suite: how many cases of which kind passed.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use xtask::print;

use crate::counts::Counts;

/// The results of the suite.
pub(in crate::interop) struct Conformance {
    /// The cases of each kind, in the document's order.
    pub(in crate::interop) groups: BTreeMap<Group, [Tally; Kind::ALL.len()]>,
    pub(in crate::interop) failures: Vec<String>,
}

/// How many cases ran, how many of them failed, and how many failed that are known to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::interop) struct Tally {
    pub(in crate::interop) ran: u32,
    pub(in crate::interop) failed: u32,
    pub(in crate::interop) excepted: u32,
}

/// Cases with the same transport.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::interop) struct Group {
    pub(in crate::interop) protocol: Protocol,
    pub(in crate::interop) http: Http,
    pub(in crate::interop) is_tls: bool,
    /// Whether the client is grpc-go's instead of the suite's own.
    pub(in crate::interop) is_grpc_go: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::interop) enum Protocol {
    Grpc,
    GrpcWeb,
    Connect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::interop) enum Http {
    One,
    Two,
}

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::interop) enum Kind {
    Unary,
    ClientStream,
    ServerStream,
    HalfDuplex,
    FullDuplex,
}

impl Kind {
    pub(in crate::interop) const ALL: [Self; 5] =
        [Self::Unary, Self::ClientStream, Self::ServerStream, Self::HalfDuplex, Self::FullDuplex];
}

impl Conformance {
    pub(in crate::interop) fn counts(&self) -> Counts {
        let total = self.groups.values().flatten().fold(Tally::default(), |total, tally| total.and(*tally));
        for failure in &self.failures {
            print::progress(&format!("failed: {failure}"));
        }
        let passed = total.ran - total.failed - total.excepted;
        print::result(&format!("{passed} cases of Connect's conformance suite pass, {} fail", total.failed));
        Counts { passed, failed: total.failed }
    }
}

impl Tally {
    pub(in crate::interop) fn and(self, other: Self) -> Self {
        Self {
            ran: self.ran + other.ran,
            failed: self.failed + other.failed,
            excepted: self.excepted + other.excepted,
        }
    }
}

impl Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self { ran: 0, .. } => write!(formatter, ""),
            Self { ran, failed: 0, excepted: 0 } => write!(formatter, "{ran}"),
            Self { ran, failed, excepted } => write!(formatter, "{} of {ran}", ran - failed - excepted),
        }
    }
}
