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
//! The modules: what is counted, counting, keeping and telling, the disk.

mod methods;
mod name;
mod protocol;

mod counter;
mod group;
mod layer;

mod bell;
mod keeper;
mod ledger;
mod totals;
mod watch;

mod disk;
mod layout;
mod log;
mod part;
mod record;
mod store;

pub use self::{
    counter::{Counter, Durability},
    disk::Disk,
    group::{Kept, NotKept},
    keeper::RELAXED_INTERVAL,
    layer::{Access, AccessLayer, Answer},
    ledger::{Commit, Ledger, OpenError, Options, ReportError, State},
    methods::{Methods, MethodsError},
    name::{NAME_BYTES, Name, NameError},
    protocol::Protocol,
    totals::{ORIGINS, ROWS, ROWS_PER_ORIGIN, Refusal, Report, Row, TOLD_ROWS},
    watch::{Counts, WATCH_INTERVAL, Watch},
};
