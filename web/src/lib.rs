//! The page: steps 1 to 3 of a click's way, and step 9, where the answer reaches the screen. State is
//! plain Rust and compiles on the host; `api` alone knows the network, `page` alone knows Leptos.

pub mod state;

pub mod api;

#[cfg(target_arch = "wasm32")]
pub mod page;
