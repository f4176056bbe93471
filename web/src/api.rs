//! The page's way to the service: step 3 of a click's way, the one module that knows the network. Must
//! not know the screen.

mod status;

#[cfg(target_arch = "wasm32")]
mod call;

#[cfg(target_arch = "wasm32")]
mod watch;

#[cfg(target_arch = "wasm32")]
pub use call::increment;
pub use status::{Surroundings, failure};

#[cfg(target_arch = "wasm32")]
pub use watch::watch_accesses;
