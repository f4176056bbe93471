//! What the commands need and a machine may lack: found, or installed into the project's own folders.

pub(crate) mod cargo_tools;
pub(crate) mod nginx;
pub(crate) mod node;
pub(crate) mod python;
pub(crate) mod rust_source;
pub(crate) mod wasm_target;
