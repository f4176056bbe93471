//! The life of a server: connections are accepted and dispatched to the workers, a thread per core, until the shutdown; then
//! calls in flight are drained.

mod accept;
mod descriptors;
mod listen;
mod run;
mod signals;
mod worker;

pub use self::signals::shutdown_signal;
pub(crate) use self::{
    descriptors::raise_descriptor_limit,
    listen::{Addresses, Listeners},
    run::{Parts, run},
};
