//! What the page shows, as plain values that are tested on the host. Independent of the network and of Leptos.

pub mod accesses;
pub mod backoff;
pub mod base_url;
pub mod burst;
pub mod comparison;
pub mod connection;
pub mod connection_facts;
pub mod count_up;
pub mod deadline;
pub mod exchange;
pub mod failure;
pub mod handshake;
pub mod history;
pub mod latency;
pub mod number_input;
pub mod overdue;
pub mod plot;
pub mod response;
pub mod snippets;
pub mod waterfall;
pub mod wire;
