//! The calls of the page: step 3 of the path of a click. Only this module uses the network. Independent of the page's
//! components.

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
pub use browser::own_base_url;
#[cfg(target_arch = "wasm32")]
pub use call::increment;
#[cfg(target_arch = "wasm32")]
pub use connection::describe_connection;
#[cfg(target_arch = "wasm32")]
pub use many::call_concurrently;
pub use status::{PageContext, failure};
#[cfg(target_arch = "wasm32")]
pub use timer::IdleTimer;

#[cfg(target_arch = "wasm32")]
pub use streams::count_up;
#[cfg(target_arch = "wasm32")]
pub use watch::watch_accesses;
