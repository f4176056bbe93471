//! The page's way to the service: step 3 of a click's way, the one module that knows the network. Must
//! not know the screen.

mod status;

#[cfg(target_arch = "wasm32")]
mod browser;

#[cfg(target_arch = "wasm32")]
mod call;

#[cfg(target_arch = "wasm32")]
mod connection;

#[cfg(target_arch = "wasm32")]
mod timer;

#[cfg(target_arch = "wasm32")]
mod many;

#[cfg(target_arch = "wasm32")]
mod streams;

#[cfg(target_arch = "wasm32")]
mod tap;

#[cfg(target_arch = "wasm32")]
mod watch;

#[cfg(target_arch = "wasm32")]
pub use browser::own_base;
#[cfg(target_arch = "wasm32")]
pub use call::increment;
#[cfg(target_arch = "wasm32")]
pub use connection::describe_connection;
#[cfg(target_arch = "wasm32")]
pub use many::many_at_once;
pub use status::{Surroundings, failure};
#[cfg(target_arch = "wasm32")]
pub use timer::IdleTimer;

#[cfg(target_arch = "wasm32")]
pub use streams::count_up;
#[cfg(target_arch = "wasm32")]
pub use watch::watch_accesses;
