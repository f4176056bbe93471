//! The page: steps 1 to 3 of the path of a click, and step 9, where the response is displayed. `state` is plain Rust and
//! compiles on the host; only `api` uses the network, and only `page` uses Leptos.

pub mod state;

pub mod api;

#[cfg(target_arch = "wasm32")]
pub mod page;
