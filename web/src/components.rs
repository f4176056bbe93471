//! The parts of the page, in its order, and what several of them use.

pub mod contents;

pub mod send;

pub mod answer_card;
pub mod failure_card;

pub mod exchanges;

pub mod burst;
pub mod latency;
pub mod latency_plot;

pub mod byte_dump;
pub mod byte_meanings;
pub mod copy_as;
pub mod wire;
pub mod wire_message;

pub mod connection;
pub mod connection_facts;
pub mod handshake;

pub mod concurrency;
pub mod waterfalls;

pub mod client_streams;
pub mod count_up;
pub mod count_up_values;
pub mod streams;

pub mod access_bars;
pub mod access_feed;
pub mod accesses;

pub mod grouped;
pub mod number_field;
