//! What the page knows, as plain values: tested on the host, and free of the network and of Leptos.

pub mod accesses;
pub mod answer;
pub mod backoff;
pub mod bars;
pub mod base;
pub mod burst;
pub mod connection;
pub mod deadline;
pub mod entry;
pub mod failure;
pub mod handshake;
pub mod history;
mod html;
pub mod latency;
pub mod plot;
pub mod silence;
pub mod snippets;
pub mod streams;
pub mod waterfall;
pub mod wire;
