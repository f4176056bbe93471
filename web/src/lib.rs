//! The page: steps 1 to 3 of the path of a click, and step 9, where the response is displayed. `model` is plain Rust and
//! compiles on the host; only `api` uses the network.

pub mod model;

pub mod api;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod calls;
#[cfg(target_arch = "wasm32")]
pub mod clock;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod frame_signal;
