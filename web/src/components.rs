//! The parts of the page.

pub mod accesses;
pub mod answer_card;
pub mod burst;
pub mod burst_actions;
pub mod call_history;
pub mod clock;
pub mod connection;
pub mod copy;
pub mod count_up_actions;
pub mod dom;
pub mod events;
pub mod fields;
pub mod many;
pub mod plot;
pub mod render;
pub mod send;
pub mod streams;
pub mod task;
pub mod wire;
