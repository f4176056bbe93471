//! Counts the accesses to gRPC services, and never loses one: a layer for any tonic service, a ledger in memory and on
//! disk, and the totals of other services beside this one's. Step 7 of a click's way.
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
//! Under [`Durability::Strict`] an answer leaves when its access is on disk; all calls that wait share one write.
//!
//! # When the ledger fails
//!
//! On a full disk calls are answered with UNAVAILABLE until there is room: there is nothing to do but to make some. When
//! the disk fails, nothing can be kept any more, and the ledger never tries again: what a disk says after a sync that
//! failed means nothing. From then on all calls are answered with UNAVAILABLE, for ever. A service must therefore follow
//! [`Ledger::state`] beside its work, and end the process, with an error, when that is [`State::Failed`]; whatever
//! starts it again then finds in the ledger what was acknowledged. At its own end it closes the ledger, and looks at
//! what [`Ledger::close`] returns:
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
//! Their number has limits ([`TableLimits`]), at which nothing is lost and nobody is turned away for good: the origins
//! that have not grown for the longest time are folded into one sum for each row. Sums never fall.
//!
//! The modules: what is counted, counting, keeping and telling, the disk.

mod methods;
mod name;
mod protocol;

mod counter;
mod group;
mod layer;

mod bell;
mod error;
mod keeper;
mod ledger;
mod origins;
mod report;
mod totals;
mod watch;

mod disk;
mod file;
mod layout;
mod log;
mod part;
mod record;
mod store;
mod tables;
mod unsaved;

pub use self::{
    counter::{Counter, Durability},
    disk::Disk,
    error::{OpenError, ReportError},
    group::{Kept, NotKept},
    keeper::RELAXED_INTERVAL,
    layer::{Access, AccessLayer, Answer},
    ledger::{Commit, Ledger, Options, State},
    methods::{Methods, MethodsError},
    name::{NAME_BYTES, Name, NameError},
    protocol::Protocol,
    report::{
        FOLDED_NAMES, MAX_COUNT, MAX_REPORTED, ORIGINS, ROWS, ROWS_PER_ORIGIN, Refusal, Report, TOLD_ROWS,
        TableLimits,
    },
    totals::Row,
    watch::{Counts, WATCH_INTERVAL, Watch},
};
