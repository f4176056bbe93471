//! Counts the accesses to gRPC services, durably: a layer for any tonic service, a ledger in memory and on disk, and the
//! totals that other services report. Step 7 of the path of a click.
//!
//! A service counts its calls with three lines:
//!
//! ```
//! # use increment_proto::{FILE_DESCRIPTOR_SET, v1::increment_service_server::{IncrementService, IncrementServiceServer}};
//! use increment_access::{AccessLayer, Durability, Ledger, Methods, Options};
//! # struct Mine;
//! # impl IncrementService for Mine {}
//! # fn run(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
//!
//! let methods = Methods::new(FILE_DESCRIPTOR_SET)?;
//! let ledger = Ledger::open(folder, Options::new(methods, Durability::Strict))?;
//! let server = tonic::transport::Server::builder().layer(AccessLayer::new(&ledger));
//! # let mut server = server;
//! # server.add_service(IncrementServiceServer::new(Mine));
//! # Ok(())
//! # }
//! # run(tempfile::tempdir().unwrap().path()).unwrap();
//! ```
//!
//! Under [`Durability::Strict`] a response is sent when its access is on disk; all calls in flight share one commit.
//!
//! # When the ledger fails
//!
//! On a full disk calls are rejected with UNAVAILABLE until there is space again. When the disk fails, nothing more is
//! committed, and the ledger does not retry: after a failed sync, a later one may succeed although data is lost. From
//! then on all calls are rejected with UNAVAILABLE. A service must therefore watch [`Ledger::state`], and exit with an
//! error when that is [`State::Failed`]; after a restart it finds every acknowledged access in the ledger. At shutdown it
//! closes the ledger, and checks what [`Ledger::close`] returns:
//!
//! ```
//! # use increment_access::{Ledger, State};
//! # async fn run(ledger: Ledger, serving: impl Future<Output = ()>) -> Result<(), String> {
//! let mut state = ledger.state();
//! tokio::select! {
//!     () = serving => {}
//!     _ = state.wait_for(|state| matches!(state, State::Failed(_))) => {}
//! }
//! match ledger.close().await {
//!     State::Failed(reason) => Err(reason),
//!     _ => Ok(()),
//! }
//! # }
//! ```
//!
//! # What other services report
//!
//! The table of reports is bounded ([`TableLimits`]). At its limits no access is lost and no new origin is rejected: the
//! origins that have not grown for the longest time are folded into one sum per row. Sums never fall.
//!
//! The modules, each importing only those above: names and rows; the totals; the storage; group commit; the ledger.

mod name;
mod protocol;
mod row;

mod methods;
mod table_limits;

mod change;
mod origins;
mod report;
mod sums;
mod totals;

mod storage;

mod memory;
mod region;

mod header;

mod error;
mod options;
mod state;
mod tables;

mod group;
mod store;

mod command;
mod file;
mod pending;
mod published;

mod batch;
mod watch;

mod committer;

mod ledger;

mod layer;

#[cfg(feature = "prometheus")]
mod metrics;

pub use self::{
    committer::RELAXED_INTERVAL,
    error::{CommitError, OpenError, ReportError},
    layer::{Access, AccessLayer, ResponseFuture},
    ledger::Ledger,
    methods::{Methods, MethodsError},
    name::{NAME_BYTES, Name, NameError},
    options::{Commit, Durability, Options},
    protocol::Protocol,
    published::{Counts, WATCH_INTERVAL},
    report::{Report, ReportRejected},
    row::Row,
    state::State,
    storage::Storage,
    table_limits::{
        FOLDED_NAMES, LISTED_ROWS, MAX_COUNT, MAX_REPORTED, ORIGINS, ROWS, ROWS_PER_ORIGIN, TableLimits,
    },
    watch::Watch,
};

#[cfg(feature = "prometheus")]
pub use self::metrics::LedgerMetrics;
